import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type CliResult, type ServerProcess, sealift, startServer } from '../helpers/cli.js';
import { putFile } from '../helpers/files.js';
import { answerOf } from '../helpers/multicast.js';
import { connect, type Namespace, newNamespace, whyNoNamespaces } from '../helpers/namespaces.js';
import { tempFolder } from '../helpers/temp-folder.js';
import { untilThere } from '../helpers/until.js';

const obstacle = whyNoNamespaces();
if (obstacle !== null) console.warn(`skipped: no network namespaces: ${obstacle}`);

const STRANGER = fileURLToPath(new URL('../helpers/mdns-stranger.js', import.meta.url));
const isAnnounced = (server: ServerProcess) => untilThere(() => /announced as .*/.exec(server.log())?.[0]);
const QUICK = ['--timeout', '700ms'];

/** Runs a command until it has succeeded, and `isWhole` says so: packets get lost, and machines have other things to do. */
async function succeeding(
  args: string[],
  { within }: Namespace,
  isWhole = (_: CliResult) => true,
): Promise<CliResult> {
  for (;;) {
    const result = await sealift(args, { within: within([]) });
    if (result.code === 0 && isWhole(result)) return result;
  }
}

test('a name that cannot be announced is told at once', async () => {
  const words = ['--announce=a.b', '--announce='];
  const serve = (word: string) => sealift(['serve', tempFolder(), word, '--port', '0']);
  const [dot, empty] = await Promise.all(words.map(serve));
  expect(dot).toMatchObject({ code: 2, stdout: '' });
  expect(dot?.stderr).toContain('--announce-as "a.b": write a name');
  expect(empty?.stderr).toContain('announce-as needs a value');
});

describe.skipIf(obstacle !== null)('between machines', () => {
  const ends: (() => void)[] = [];
  const onEnd = (end: () => void) => void ends.unshift(end);
  let here: Namespace;
  let there: Namespace;
  let open: ServerProcess;
  let own: ServerProcess;

  beforeAll(async () => {
    const folder = tempFolder(onEnd);
    putFile(folder, 'a.txt', 'from there');
    [here, there] = await Promise.all([newNamespace(), newNamespace()]);
    onEnd(here.end);
    onEnd(there.end);
    for (const namespace of [here, there]) namespace.ip('link', 'set', 'lo', 'up');
    await connect(here, there);
    const within = there.within([]);
    [open, own] = await Promise.all([
      startServer(folder, ['--host', '0.0.0.0', '--public', '--announce=nas'], { within, onEnd }),
      startServer(tempFolder(onEnd), ['--announce-as', 'mine'], { within, onEnd }),
    ]);
    await Promise.all([open, own].map(isAnnounced));
  });
  afterAll(() => {
    for (const end of ends) end();
  });

  test('a server is found from another machine, and its name stands for its address', async () => {
    expect(open.log()).toContain('sealift: announced as nas, to the local network');
    const dir = tempFolder();
    const [json, table, fetched] = await Promise.all([
      succeeding(['discover', '--json', ...QUICK], here),
      succeeding(['discover', ...QUICK], here),
      succeeding(['fetch', 'a.txt', '-s', 'NAS', '-d', dir], here),
    ]);
    const url = `sealift://10.77.0.2:${open.port}`;
    const facts = { name: 'nas', url, host: '10.77.0.2', port: open.port, tls: false, fingerprint: null };
    const version = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;
    expect(JSON.parse(json.stdout)).toEqual({ ...facts, version, needsToken: false });
    expect(table.stderr).toBe('');
    expect(table.stdout).toBe(`NAME  VERSION  TOKEN  URL\nnas   ${version}    no     ${url}\n`);
    expect(fetched.code).toBe(0);
    expect(readFileSync(join(dir, 'a.txt'), 'utf8')).toBe('from there');
  });

  test('a server on loopback is found by its own machine, and said to be for that alone', async () => {
    expect(own.log()).toContain('announced as mine, to this machine only: others cannot reach 127.0.0.1');
    const isWhole = ({ stdout }: CliResult) => stdout.includes('mine') && stdout.includes('nas');
    const { stdout } = await succeeding(['discover', '--json', ...QUICK], there, isWhole);
    const found = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(found.map(({ name, host }) => [name, host])).toEqual([
      ['mine', '127.0.0.1'],
      ['nas', '10.77.0.2'],
    ]);
  });

  test('where there is no way for multicast, that is said, and at once', async () => {
    const lonely = await newNamespace();
    onTestFinished(() => lonely.end());
    const within = lonely.within([]);
    const [search, fetched, server] = await Promise.all([
      sealift(['discover', '--timeout', '60s'], { within }),
      sealift(['fetch', 'x', '-s', 'nas'], { within }),
      startServer(tempFolder(), ['--host', '0.0.0.0', '--public', '--announce'], { within }),
    ]);
    expect(search).toMatchObject({ code: 5, stdout: '' });
    expect(search.stderr).toMatch(/^sealift: multicast is not possible here: .*\n$/);
    expect(fetched).toMatchObject({ code: 5, stdout: '' });
    expect(fetched.stderr).toMatch(
      /^sealift: server "nas": DNS knows no such host, and .* multicast is not possible here.*\n$/,
    );
    // Which is no reason not to serve.
    await untilThere(() => /not announced: multicast is not possible here.*/.exec(server.log())?.[0]);
    expect(await server.stop()).toMatchObject({ code: 0 });
    lonely.ip('link', 'set', 'lo', 'up');
    const nobody = await sealift(['discover', '--timeout', '300ms'], { within });
    expect(nobody).toMatchObject({ code: 3, stdout: '' });
    expect(nobody.stderr).toMatch(
      /^sealift: no server answered within 300ms: they need serve --announce, .*\n$/,
    );
  });

  test('what a stranger announces does nothing to a terminal, and is no other server', async () => {
    const lonely = await newNamespace();
    onTestFinished(() => lonely.end());
    lonely.ip('link', 'set', 'lo', 'up');
    const names = ['\x1b[31mred', '../../x', 'a\nb', 'x\u202ey'];
    const hostile = {
      TXT: { data: ['v=\x1b[2J', 'tls=1', 'fp=#@/', 'auth=none'].map((text) => Buffer.from(text)) },
    };
    const packets = [
      Buffer.from('no packet'),
      Buffer.alloc(20, 0xff),
      ...names.map((name) => answerOf(name, hostile)),
    ];
    const [program = '', ...args] = lonely.within([process.execPath, STRANGER]);
    const stranger = spawn(program, [...args, ...packets.map((packet) => packet.toString('base64'))]);
    onTestFinished(() => void stranger.kill('SIGKILL'));
    await once(stranger.stdout, 'data');
    const isWhole = ({ stdout }: CliResult) => stdout.trim().split('\n').length >= names.length - 1;
    const [{ stdout }, json] = await Promise.all([
      succeeding(['discover', ...QUICK], lonely, isWhole),
      succeeding(['discover', '--json', ...QUICK], lonely, isWhole),
    ]);
    expect(stdout).toMatch(/^[ -~\n]*$/);
    expect(stdout).toContain('\\x1b[31mred  ?        no     sealifts://127.0.0.1:9696\n');
    expect(json.stdout).toMatch(/^[ -~\n]*$/);
    const found = json.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(found.map(({ name }) => name)).toEqual(['\x1b[31mred', 'a\nb', 'x\u202ey']);
    expect(new Set(found.map(({ url, version, fingerprint }) => [url, version, fingerprint].join()))).toEqual(
      new Set(['sealifts://127.0.0.1:9696,,']),
    );
  });

  test('a server that ends takes its announcement back', async () => {
    expect(await open.stop()).toMatchObject({ code: 0 });
    const { code, stderr } = await sealift(['discover', ...QUICK], { within: here.within([]) });
    expect(code).toBe(3);
    expect(stderr).toContain('no server answered');
  });
});
