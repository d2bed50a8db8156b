import { PassThrough, Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { connect, type ExecCommand, type ExecOptions, type Sealift, serve } from '#sealift/index.js';
import { md5, putFile, someBytes } from '../helpers/files.js';
import { membersOf, untilEmpty } from '../helpers/processes.js';
import { tempFolder } from '../helpers/temp-folder.js';
import { frame, maliciousServer, type Wire } from '../helpers/wire.js';

const TOKEN = 'correct-horse-battery';

let url: string;
const ending: (() => Promise<void>)[] = [];

beforeAll(async () => {
  const folder = tempFolder(afterAll);
  putFile(folder, 'a.txt', 'hello');
  const server = await serve(folder, { port: 0, tokens: [TOKEN], exec: { programs: 'any' } });
  url = server.url.replace('//', `//${TOKEN}@`);
  ending.push(async () => {
    server.abort();
    await server.close();
  });
});

afterAll(async () => {
  for (const end of ending) await end();
});

async function client(to = url, options = {}): Promise<Sealift> {
  const sealift = await connect(to, { connections: 1, ...options });
  onTestFinished(() => sealift.close());
  return sealift;
}

async function run(sealift: Sealift, command: ExecCommand, options: ExecOptions = {}) {
  const out = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  const end = await sealift.exec(command, {
    stdout: (bytes) => void out.stdout.push(bytes),
    stderr: (bytes) => void out.stderr.push(bytes),
    ...options,
  });
  return {
    end,
    stdout: Buffer.concat(out.stdout).toString(),
    stderr: Buffer.concat(out.stderr).toString(),
  };
}

test('output, exit codes, signals; over one connection, which serves the next request', async () => {
  const sealift = await client();
  expect(await run(sealift, ['ls'])).toEqual({ end: { exit: 0 }, stdout: 'a.txt\n', stderr: '' });
  expect(await run(sealift, { shell: 'echo a; echo b >&2; exit 7' })).toEqual({
    end: { exit: 7 },
    stdout: 'a\n',
    stderr: 'b\n',
  });
  expect((await run(sealift, { shell: 'kill -KILL $$' })).end).toEqual({ signal: 'SIGKILL' });
  expect((await sealift.stat('a.txt')).md5).toBe(md5('hello'));
});

test('what was refused is told, and the connection goes on', async () => {
  const sealift = await client();
  await expect(sealift.exec(['no-such-program'])).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(sealift.exec(['./a.txt'])).rejects.toMatchObject({ code: 'FORBIDDEN' });
  expect(await sealift.exec(['true'])).toEqual({ exit: 0 });
});

test('a command that no server takes is told before it is sent', async () => {
  const sealift = await client();
  const bad: ExecCommand[] = [
    [],
    [''],
    ['a\0'],
    { shell: '' },
    Array.from({ length: 1_025 }, () => 'x'),
    ['echo', 'x'.repeat(65_536)],
  ];
  for (const command of bad) await expect(sealift.exec(command)).rejects.toMatchObject({ code: 'USAGE' });
  expect(await sealift.exec(['true'])).toEqual({ exit: 0 });
});

test('input of any size, to a stream that is slow', async () => {
  const sealift = await client();
  const bytes = someBytes(5_000_000, 4);
  const input = new PassThrough();
  input.end(bytes);
  const pieces: Buffer[] = [];
  const slow = new Writable({
    highWaterMark: 1,
    write(piece, _, done) {
      pieces.push(piece);
      setImmediate(done);
    },
  });
  expect(await sealift.exec(['cat'], { stdin: input, stdout: slow })).toEqual({ exit: 0 });
  expect(md5(Buffer.concat(pieces))).toBe(md5(bytes));
  expect(slow.writableEnded).toBe(false);
});

test('a program that ends before its input does ends the exec, and the connection is as good as new', async () => {
  const sealift = await client();
  const open = new PassThrough();
  open.write('x'.repeat(100_000));
  expect(await sealift.exec(['true'], { stdin: open })).toEqual({ exit: 0 });
  expect(open.isPaused()).toBe(true);
  expect(open.listenerCount('data')).toBe(0);
  expect((await run(sealift, ['cat'])).stdout).toBe('');
  expect(await sealift.ping('ahoy')).toBeGreaterThan(0);
});

test('input that cannot be read ends the program: half of it is not taken for all', async () => {
  const sealift = await client();
  const broken = new PassThrough();
  let pid = 0;
  const running = sealift.exec(['sh', '-c', 'echo $$; cat; sleep 200'], {
    stdin: broken,
    stdout: (bytes) => {
      pid = Number(bytes.toString());
      broken.destroy(Object.assign(new Error('broken'), { code: 'EIO' }));
    },
  });
  await expect(running).rejects.toMatchObject({ code: 'LOCAL_IO' });
  await untilEmpty(pid);
});

test('a signal of the client; and the end of the connection, which ends the program', async () => {
  const sealift = await client();
  const trapped = await run(
    sealift,
    { shell: 'trap "echo got; exit 5" INT; echo ready; sleep 200 & wait' },
    { onStart: ({ kill }) => setTimeout(kill, 200, 'SIGINT') },
  );
  expect(trapped).toMatchObject({ end: { exit: 5 }, stdout: 'ready\ngot\n' });
  const abort = new AbortController();
  let pid = 0;
  const aborted = run(
    sealift,
    { shell: 'echo $$; sleep 200' },
    {
      signal: abort.signal,
      stdout: (bytes) => {
        pid = Number(bytes.toString());
        abort.abort();
      },
    },
  );
  await expect(aborted).rejects.toMatchObject({ code: 'ABORTED' });
  await untilEmpty(pid);
  expect(membersOf(pid)).toEqual([]);
});

test('output of commands that run at the same time is never mixed', async () => {
  const sealift = await client(url, { connections: 4 });
  await Promise.all(
    Array.from({ length: 4 }, async (_, nth) => {
      for (let round = 0; round < 3; round++) {
        const word = `${nth}-${round}-`.repeat(5);
        const [out, err] = [`${word}out\n`, `${word}err\n`];
        const script = `i=0; while [ $i -lt 300 ]; do printf '%s' '${out}'; printf '%s' '${err}' >&2; i=$((i+1)); done`;
        const { stdout, stderr } = await run(sealift, { shell: script });
        expect(stdout).toBe(out.repeat(300));
        expect(stderr).toBe(err.repeat(300));
      }
    }),
  );
});

test('commands in a row over one connection', async () => {
  const sealift = await client();
  for (let nth = 0; nth < 20; nth++) {
    const { end, stdout } = await run(sealift, { shell: `echo ${nth}; exit ${nth}` });
    expect([end, stdout]).toEqual([{ exit: nth }, `${nth}\n`]);
  }
});

describe('a server that is busy, broken or wrong', () => {
  const asked = (answer: (wire: Wire, nth: number) => void) => {
    let count = 0;
    const to = maliciousServer(async (wire) => {
      for (;;) if ((await wire.header()).op === 'exec') answer(wire, count++);
    });
    return { to, count: () => count };
  };

  test('BUSY is tried again', async () => {
    const { to, count } = asked((wire, nth) =>
      nth === 0 ? wire.send({ ok: false, code: 'BUSY' }) : wire.send({ ok: true }, { exit: 4 }),
    );
    const sealift = await client(await to, { retryDelay: 1 });
    expect(await sealift.exec(['x'])).toEqual({ exit: 4 });
    expect(count()).toBe(2);
  });

  test.each<[string, (wire: Wire) => void, string]>([
    ['leaves without an answer', (wire) => wire.socket.destroy(), 'NETWORK'],
    ['leaves after it has begun', (wire) => void wire.socket.end(frame({ ok: true })), 'NETWORK'],
    ['is silent', () => {}, 'TIMEOUT'],
    ['is busy after it has begun', (wire) => wire.send({ ok: true }, { ok: false, code: 'BUSY' }), 'BUSY'],
  ])('what may have run is not run again: a server that %s', async (_, answer, code) => {
    const { to, count } = asked(answer);
    const sealift = await client(await to, { retryDelay: 1, timeout: 100 });
    await expect(sealift.exec(['x'])).rejects.toMatchObject({ code });
    expect(count()).toBe(1);
  });

  test.each([
    [{ ok: true }, { exit: 256 }],
    [{ ok: true }, { signal: 'SIG\u001b[2J' }],
    [{ ok: true }, { stream: 'stdin', length: 0 }],
    [{ ok: true }, { stream: 'stdout', length: -1 }],
    [{ ok: true }, { ok: true }],
    [{ exit: 0 }],
  ])('%o, %o is a protocol error', async (...frames) => {
    const { to } = asked((wire) => wire.send(...frames));
    await expect((await client(await to)).exec(['x'])).rejects.toMatchObject({ code: 'PROTOCOL' });
  });

  test('an empty piece of output says nothing', async () => {
    const { to } = asked((wire) =>
      wire.send({ ok: true }, { stream: 'stdout', length: 0 }, { stream: 'stderr', length: 0 }, { exit: 1 }),
    );
    expect(await run(await client(await to), ['x'])).toEqual({ end: { exit: 1 }, stdout: '', stderr: '' });
  });
});
