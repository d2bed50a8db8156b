import { once } from 'node:events';
import {
  appendFileSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { blake3 } from '@napi-rs/blake-hash';
import { describe, expect, onTestFinished, test } from 'vitest';
import { connect } from '#sealift/index.js';
import { startProxy } from '../fault/proxy.js';
import { bandwidth, limitData, only, timeout } from '../fault/toxics.js';
import { type CliResult, type RunningCli, sealift, startCli, startServer } from '../helpers/cli.js';
import { CHUNK, everythingIn, md5, putFile, putSparse, someBytes } from '../helpers/files.js';
import { localServer } from '../helpers/in-process.js';
import { tempFolder } from '../helpers/temp-folder.js';
import { maliciousServer } from '../helpers/wire.js';

const BODY = someBytes(6 * CHUNK + 777, 70);
/** Where the first connection breaks: within the fourth chunk. */
const BREAK = 3 * CHUNK + 500_000;
/** Headers and manifests. */
const OVERHEAD = 5_000;

type Toxics = NonNullable<Parameters<typeof startProxy>[1]>;

async function proxyTo(port: number, toxics: Toxics) {
  const proxy = await startProxy(port, toxics);
  onTestFinished(() => proxy.close());
  return proxy;
}

async function setUp(toxics: Toxics = [timeout({ after: BREAK, connections: only(1) })]) {
  const [storage, downloads] = [tempFolder(), tempFolder()];
  putFile(storage, 'a', BODY);
  const { port } = await localServer(storage);
  // A part file tells of which version it is only if the server knew that when it began.
  const client = await connect(`127.0.0.1:${port}`);
  await client.stat('a');
  client.close();
  const proxy = await proxyTo(port, toxics);
  const args = (more: string[]) => [
    ...['fetch', 'a', '-d', downloads, ...more],
    ...(more.includes('-s') ? [] : ['-s', proxy.url]),
  ];
  return {
    storage,
    downloads,
    proxy,
    start: (...more: string[]) => startCli(args(more)),
    fetch: (...more: string[]) => sealift(args(more)),
    /** Bytes that went to the client on connections from the k-th on. */
    carried: (from: number) =>
      proxy.connections.slice(from).reduce((sum, { downstream }) => sum + downstream.sent, 0),
    part: () =>
      join(downloads, readdirSync(downloads).find((name) => name.endsWith('.part')) ?? 'no part file'),
    there: () => readFileSync(join(downloads, 'a')),
  };
}

type SetUp = Awaited<ReturnType<typeof setUp>>;

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((done) => setTimeout(done, 20));
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** A fetch that has all that came before the connection broke, and waits for more. */
async function stuck(made: SetUp): Promise<RunningCli> {
  const running = made.start();
  await until(() => sizeOf(made.part()) >= 3 * CHUNK);
  return running;
}

/** What is left of a fetch that was killed within the fourth chunk. */
async function killed(): Promise<SetUp & { connections: number }> {
  const made = await setUp();
  const { child, result } = await stuck(made);
  child.kill('SIGKILL');
  await result;
  return { ...made, connections: made.proxy.connections.length };
}

function doneEvent({ stdout }: CliResult): Record<string, unknown> {
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
}

function expectComplete({ downloads, there }: SetUp, content = BODY): void {
  expect(there().equals(content)).toBe(true);
  expect(everythingIn(downloads)).toEqual(['a']);
}

describe('a fetch goes on where the one before stopped', () => {
  test('after SIGKILL', async () => {
    const made = await killed();
    const result = await made.fetch('--json');
    expect(result.code).toBe(0);
    expect(doneEvent(result)).toMatchObject({ event: 'done', resumedFrom: 3 * CHUNK, md5: md5(BODY) });
    expectComplete(made);
    expect(made.carried(made.connections)).toBeLessThan(BODY.length - 3 * CHUNK + OVERHEAD);
  });

  test('after Ctrl-C, which says that it is kept', async () => {
    const made = await setUp();
    const { child, result } = await stuck(made);
    child.kill('SIGINT');
    expect(await result).toMatchObject({
      code: 130,
      stdout: '',
      stderr: 'sealift: interrupted; what has come is kept, and the next fetch goes on from there\n',
    });
    const { code, stderr } = await made.fetch();
    expect(code).toBe(0);
    expect(stderr).toMatch(/^resuming a {2}3\.1 MB of 6\.2 MB are there from before\nverified a /);
    expectComplete(made);
  });

  test('after the network was gone for longer than it is tried', async () => {
    // Headers and manifests come, and no chunk.
    const nothing = limitData({ after: 1_000, connections: (number) => number > 1 });
    const made = await setUp([limitData({ after: BREAK, connections: only(1) }), nothing]);
    const failed = await made.fetch('--retries', '2');
    expect(failed).toMatchObject({ code: 5, stdout: '' });
    expect(failed.stderr).toMatch(
      /^failed {3}a: .*; what has come is kept, and the next fetch goes on from there$/m,
    );
    expect(failed.stderr).toContain('reconnecting (2 of 2)');
    expect(everythingIn(made.downloads)).toEqual([expect.stringMatching(/^\.sealift-.*\.part$/)]);
    made.proxy.replace([]);
    const result = await made.fetch('--json');
    expect(doneEvent(result)).toMatchObject({ event: 'done', resumedFrom: 3 * CHUNK });
    expectComplete(made);
    // What came twice is less than a chunk.
    expect(made.carried(0)).toBeLessThan(BODY.length + CHUNK + OVERHEAD);
  });

  test('within one fetch, though the server was killed and started again', async () => {
    const made = await setUp([]);
    const server = await startServer(made.storage);
    const proxy = await proxyTo(server.port, [bandwidth({ rate: 6_000_000, connections: only(1) })]);
    const { result } = made.start('--retries', '20', '--json', '-s', proxy.url);
    await until(() => sizeOf(made.part()) >= 2 * CHUNK);
    server.child.kill('SIGKILL');
    await once(server.child, 'exit');
    const again = startCli(['serve', made.storage, '--port', String(server.port), '--json']);
    await once(createInterface({ input: again.child.stdout as NodeJS.ReadableStream }), 'line');
    const ended = await result;
    expect(ended.code).toBe(0);
    // All of it came in one fetch.
    expect(doneEvent(ended)).toMatchObject({ event: 'done', resumedFrom: 0 });
    expectComplete(made);
    const carried = proxy.connections.reduce((sum, { downstream }) => sum + downstream.sent, 0);
    expect(carried).toBeLessThan(BODY.length + CHUNK + OVERHEAD);
  });
});

describe('what changed meanwhile', () => {
  test('the file on the server: it starts over, and says so', async () => {
    const made = await killed();
    const other = someBytes(5 * CHUNK + 5, 71);
    writeFileSync(join(made.storage, 'a'), other);
    utimesSync(join(made.storage, 'a'), new Date(1_700_000_000_000), new Date(1_700_000_000_000));
    const { code, stderr } = await made.fetch();
    expect(code).toBe(0);
    expect(stderr).toMatch(/^starting over a: it changed on the server meanwhile\nverified a /);
    expectComplete(made, other);
  });

  test.each<[string, number, (part: string) => void | Promise<void>]>([
    [
      'overwritten bytes',
      2,
      async (part) => {
        const handle = await open(part, 'r+');
        await handle.write(Buffer.from('damaged'), 0, 7, CHUNK + 5);
        await handle.close();
      },
    ],
    ['cut short', 1, (part) => truncateSync(part, CHUNK + 5)],
    ['longer, by what belongs to nothing', 3, (part) => appendFileSync(part, someBytes(5 * CHUNK, 72))],
  ])('the part file, %s: only those chunks come again', async (_, right, damage) => {
    const made = await killed();
    await damage(made.part());
    const result = await made.fetch('--json');
    expect(doneEvent(result)).toMatchObject({ event: 'done', resumedFrom: right * CHUNK });
    expectComplete(made);
    expect(made.carried(made.connections)).toBeLessThan(BODY.length - right * CHUNK + OVERHEAD);
  });
});

test.runIf(process.platform === 'linux')(
  'what is missing is asked for before what is there was read',
  async () => {
    const made = await killed();
    const found = 3_072;
    const last = someBytes(1_000, 3);
    const zeros = blake3(Buffer.alloc(CHUNK));
    const manifest = Buffer.concat([...Array.from({ length: found }, () => zeros), blake3(last)]);
    const size = found * CHUNK + last.length;
    let onRange = (_request: Record<string, unknown>) => {};
    const asked = new Promise<Record<string, unknown>>((resolve) => (onRange = resolve));
    const url = await maliciousServer(async (wire) => {
      for (;;) {
        const request = await wire.header();
        if (request.op === 'get') return onRange(request);
        const about = { ok: true, name: 'a', size, md5: md5(BODY), digest: 'blake3', chunkSize: CHUNK };
        wire.send({ ...about, count: found + 1, length: manifest.length });
        wire.write(manifest);
      }
    });
    putSparse(made.downloads, made.part().slice(made.downloads.length + 1), found * CHUNK);
    const now = new Date();
    utimesSync(made.part(), now, now);
    const { child } = startCli(['fetch', 'a', '-s', url, '-d', made.downloads]);
    expect(await asked).toMatchObject({ offset: found * CHUNK, length: last.length });
    const read = Number(/^rchar: (\d+)$/m.exec(readFileSync(`/proc/${child.pid}/io`, 'utf8'))?.[1]);
    expect(read).toBeGreaterThan(0);
    expect(read).toBeLessThan((found * CHUNK) / 2);
    // Ctrl-C does not wait for it either.
    child.kill('SIGINT');
    const [code] = await once(child, 'exit');
    expect(code).toBe(130);
  },
);

describe('two at once into one folder', () => {
  test.each([false, true])('with a part file of a dead one there: %s', async (isPartThere) => {
    const made = isPartThere ? await killed() : await setUp([]);
    const both = await Promise.all([made.fetch(), made.fetch()]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    expect(both.filter(({ stderr }) => stderr.includes('resuming'))).toHaveLength(isPartThere ? 1 : 0);
    expectComplete(made);
  });
});
