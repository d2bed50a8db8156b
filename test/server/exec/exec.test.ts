import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { delimiter, isAbsolute, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { RequestRecord } from '#sealift/server/index.js';
import { type SealiftServer, type ServeOptions, serve } from '#sealift/server/index.js';
import { firstLine, outcomeOf, run, stdin } from '../../helpers/exec-wire.js';
import { everythingIn, md5, putFile, someBytes } from '../../helpers/files.js';
import { bytesWrittenBy, membersOf, untilEmpty } from '../../helpers/processes.js';
import { tempFolder } from '../../helpers/temp-folder.js';
import { frame, Wire } from '../../helpers/wire.js';

const TOKEN = 'correct-horse-battery';
/** Ends a program that nobody ended: a test that fails leaves none behind. */
const LONG = '200';

let folder: string;
let any: SealiftServer;
let some: SealiftServer;
const records: RequestRecord[] = [];
const started: { peer: string; command: string }[] = [];

async function serving(options: ServeOptions): Promise<SealiftServer> {
  const server = await serve(folder, { port: 0, tokens: [TOKEN], ...options });
  onTestFinished(async () => {
    server.abort();
    await server.close();
  });
  return server;
}

beforeAll(async () => {
  folder = tempFolder(afterAll);
  putFile(folder, 'a.txt', 'hello');
  const onStart = (record: (typeof started)[number]) => void started.push(record);
  const onRequest = (record: RequestRecord) => void records.push(record);
  any = await serve(folder, { port: 0, tokens: [TOKEN], onRequest, exec: { programs: 'any', onStart } });
  some = await serve(folder, { port: 0, tokens: [TOKEN], exec: { programs: ['ls', 'md5sum', 'touch'] } });
});

afterAll(async () => {
  for (const server of [any, some]) {
    server.abort();
    await server.close();
  }
});

describe('output', () => {
  test('both streams by themselves, the exit code, and the id in every frame', async () => {
    const wire = await Wire.admitted(any.port, TOKEN);
    wire.send({ op: 'exec', id: 'x7', shell: 'printf out; printf err >&2; exit 3' });
    const frames = [await wire.header()];
    const bodies = { stdout: '', stderr: '' };
    while (frames.at(-1)?.exit === undefined) {
      const header = await wire.header();
      frames.push(header);
      if (header.stream)
        bodies[header.stream as keyof typeof bodies] += await wire.bytes(Number(header.length));
    }
    expect(bodies).toEqual({ stdout: 'out', stderr: 'err' });
    expect(frames[0]).toEqual({ ok: true, id: 'x7' });
    expect(frames.every(({ id }) => id === 'x7')).toBe(true);
    expect(frames.at(-1)).toEqual({ exit: 3, id: 'x7' });
    expect(await wire.ask({ op: 'ping', payload: 'next' })).toEqual({ ok: true, payload: 'next' });
  });

  test('binary, large, and none', async () => {
    const wire = await Wire.admitted(any.port, TOKEN);
    const bytes = someBytes(3_000_000, 5);
    putFile(folder, 'big.bin', bytes);
    wire.send({ op: 'exec', argv: ['cat', 'big.bin'] }, { op: 'exec', argv: ['true'] });
    expect((await outcomeOf(wire)).stdout.equals(bytes)).toBe(true);
    expect(await outcomeOf(wire)).toEqual({
      reply: { ok: true },
      stdout: Buffer.alloc(0),
      stderr: Buffer.alloc(0),
      end: { exit: 0 },
    });
  });

  test('a signal that ends the program is told', async () => {
    const wire = await Wire.admitted(any.port, TOKEN);
    expect((await run(wire, { shell: 'kill -USR1 $$' })).end).toEqual({ signal: 'SIGUSR1' });
  });

  test('a client that takes nothing stops the program', async () => {
    const wire = await Wire.admitted(any.port, TOKEN);
    wire.send({ op: 'exec', shell: 'echo $$; exec head -c 512M /dev/zero' });
    const pid = Number(await firstLine(wire));
    wire.socket.pause();
    let before = -1;
    for (let bytes = bytesWrittenBy(pid); bytes !== before; bytes = bytesWrittenBy(pid)) {
      before = bytes;
      await new Promise((resolve) => setTimeout(resolve, 200));
      if (!membersOf(pid).includes(pid)) break;
    }
    expect(before).toBeLessThan(64 << 20);
    wire.socket.destroy();
    await untilEmpty(pid);
  });
});

describe('what a program gets', () => {
  test('the storage folder, a session and a group of its own, few variables, three descriptors', async () => {
    vi.stubEnv('SEALIFT_TOKEN', 'secret-token');
    vi.stubEnv('NODE_OPTIONS', '--no-warnings');
    vi.stubEnv('LC_TIME', 'C');
    vi.stubEnv('TZ', 'UTC');
    onTestFinished(() => void vi.unstubAllEnvs());
    const wire = await Wire.admitted(any.port, TOKEN);
    expect((await run(wire, { argv: ['pwd', '-P'] })).stdout).toBe(`${folder}\n`);
    const { stdout } = await run(wire, { argv: ['env'] });
    expect(stdout).toContain('LC_TIME=C\n');
    expect(stdout).toContain('TZ=UTC\n');
    const names = stdout
      .trim()
      .split('\n')
      .map((line) => line.replace(/=.*/, ''));
    const allowed = /^(PATH|HOME|LANG|LC_[A-Z]+|TZ|TMPDIR|USER|LOGNAME|SHELL)$/;
    expect(names.filter((name) => !allowed.test(name))).toEqual([]);
    const [pid, , , , group, session] = (await run(wire, { argv: ['cat', '/proc/self/stat'] })).stdout.split(
      ' ',
    );
    expect([group, session]).toEqual([pid, pid]);
    const open = (await run(wire, { argv: ['ls', '-l', '/proc/self/fd'] })).stdout;
    // Its three streams, the folder that it reads, and what leads nowhere.
    const others = open
      .split('\n')
      .filter((line) => / -> /.test(line) && !/ [0-2] -> | -> \/(dev\/null|proc\/\d+\/fd)$/.test(line));
    expect(others).toEqual([]);
  });

  test('its arguments as they are, which no shell sees', async () => {
    const wire = await Wire.admitted(any.port, TOKEN);
    const args = [
      '',
      ' ',
      '$(touch evil)',
      '`touch evil`',
      '; touch evil',
      '*',
      '-n',
      '--',
      'a\nb',
      'ä',
      '\u202e',
      '"',
      "'",
    ];
    const { stdout } = await run(wire, { argv: ['printf', '<%s>', ...args] });
    expect(stdout).toBe(args.map((arg) => `<${arg}>`).join(''));
    expect(existsSync(join(folder, 'evil'))).toBe(false);
  });

  test('many arguments, and long ones', async () => {
    const wire = await Wire.admitted(any.port, TOKEN);
    const argv = ['printf', '%s', ...Array.from({ length: 1_022 }, () => 'x'.repeat(55))];
    expect((await run(wire, { argv })).stdout).toBe('x'.repeat(55 * 1_022));
  });
});

describe('nothing runs', () => {
  const touching = (name: string) => [name, 'touched'];

  test.each([
    [touching('/usr/bin/touch')],
    [touching('./touch')],
    [touching('../bin/touch')],
    [touching('TOUCH')],
    [touching('touch ')],
    [touching(' touch')],
    [touching('touch\n')],
    [touching('tou')],
    [touching('toucha')],
    [['sh', '-c', 'touch touched']],
    [['env', 'touch', 'touched']],
    [touching('__proto__')],
    [touching('constructor')],
  ])('for a program that is not on the list: %o', async (argv) => {
    const wire = await Wire.admitted(some.port, TOKEN);
    expect((await run(wire, { argv })).reply).toMatchObject({ ok: false, code: 'FORBIDDEN' });
    expect((await run(wire, { shell: 'touch touched' })).reply).toMatchObject({ code: 'FORBIDDEN' });
    expect((await run(wire, { argv: ['ls', 'a.txt'] })).stdout).toBe('a.txt\n');
    expect(everythingIn(folder)).not.toContain('touched');
  });

  test.each([
    [{ argv: ['touch', 'touched\0'] }],
    [{ argv: ['touch', 'touched'], shell: 'touch touched' }],
    [{ argv: ['touch', ['touched']] }],
    [{ argv: 'touch touched' }],
    [{ argv: { 0: 'touch', 1: 'touched', length: 2 } }],
    [{ argv: [] }],
    [{ argv: [''] }],
    [{}],
    [{ argv: ['touch', ...Array.from({ length: 1_024 }, () => 'touched')] }],
  ])('for a malformed list: %o', async (request) => {
    for (const server of [any, some]) {
      const wire = await Wire.admitted(server.port, TOKEN);
      expect((await run(wire, request)).reply).toMatchObject({ ok: false, code: 'BAD_REQUEST' });
      await wire.ended();
    }
    expect(everythingIn(folder)).not.toContain('touched');
  });

  test('without a token', async () => {
    const open = await serving({ tokens: [], exec: { programs: 'any' } });
    const closed = await serving({ exec: { programs: 'any' }, limits: { wrongTokenDelay: 1 } });
    for (const request of [{ argv: ['touch', 'touched'] }, { shell: 'touch touched' }]) {
      expect((await run(await Wire.to(open.port), request)).reply).toMatchObject({ code: 'FORBIDDEN' });
      expect((await run(await Wire.to(closed.port), request)).reply).toMatchObject({ code: 'UNAUTHORIZED' });
      const guessing = await Wire.to(closed.port);
      guessing.send({ op: 'hello', token: 'wrong' }, { op: 'exec', ...request });
      expect(await guessing.header()).toMatchObject({ code: 'UNAUTHORIZED' });
      await guessing.ended();
      expect(guessing.unread).toBe(0);
    }
    expect(everythingIn(folder)).not.toContain('touched');
  });

  test('where it is not offered: as for an unknown op', async () => {
    const { port } = await serving({});
    const wire = await Wire.admitted(port, TOKEN);
    for (const request of [{ argv: ['touch', 'touched'] }, { shell: 'touch touched' }, { argv: [] }]) {
      expect(await wire.ask({ op: 'exec', id: 1, ...request })).toEqual({
        ok: false,
        code: 'UNSUPPORTED',
        message: 'op "exec" is not offered',
        id: 1,
      });
    }
    expect((await wire.ask({ op: 'hello' })).capabilities).not.toContain('exec');
    expect(everythingIn(folder)).not.toContain('touched');
    const other = await Wire.admitted(some.port, TOKEN);
    expect((await other.ask({ op: 'hello' })).capabilities).toContain('exec');
  });

  test('from the storage, whatever PATH says', async () => {
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    onTestFinished(() => rmSync(bin, { recursive: true }));
    for (const name of ['ls', 'bin/ls', 'only-here']) {
      const path = putFile(folder, name, '#!/bin/sh\ntouch touched\n');
      chmodSync(path, 0o755);
    }
    vi.stubEnv('PATH', ['.', '', 'bin', './bin', process.env.PATH].join(delimiter));
    onTestFinished(() => void vi.unstubAllEnvs());
    const { port } = await serving({ exec: { programs: ['ls'] } });
    const wire = await Wire.admitted(port, TOKEN);
    expect((await run(wire, { argv: ['ls', 'a.txt'] })).stdout).toBe('a.txt\n');
    const others = await Wire.admitted(any.port, TOKEN);
    expect((await run(others, { argv: ['ls', 'a.txt'] })).stdout).toBe('a.txt\n');
    expect((await run(others, { argv: ['only-here'] })).reply).toMatchObject({ code: 'NOT_FOUND' });
    expect((await run(others, { shell: 'only-here' })).end).toEqual({ exit: 127 });
    expect(everythingIn(folder)).not.toContain('touched');
    await expect(serve(folder, { port: 0, exec: { programs: ['ls', 'only-here'] } })).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('"only-here": no such program'),
    });
    const first = process.env.PATH?.split(delimiter).find(isAbsolute) ?? '';
    for (const name of ['bin/ls', '/bin/ls', '', '..', relative(first, join(folder, 'ls'))]) {
      await expect(serve(folder, { port: 0, exec: { programs: [name] } })).rejects.toMatchObject({
        code: 'USAGE',
      });
    }
  });

  test('of what cannot be run: a failure, and the connection goes on', async () => {
    putFile(folder, 'plain.txt', 'text');
    const wire = await Wire.admitted(any.port, TOKEN);
    const code = async (name: string) => (await run(wire, { argv: [name] })).reply.code;
    expect(await code('no-such-program')).toBe('NOT_FOUND');
    expect(await code('./no-such-program')).toBe('NOT_FOUND');
    expect(await code('./a.txt/x')).toBe('NOT_FOUND');
    expect(await code('./plain.txt')).toBe('FORBIDDEN');
    expect(await code('.')).toBe('NOT_FOUND');
    expect(await code('./')).toBe('FORBIDDEN');
    expect(await code('x'.repeat(5_000))).toBe('NOT_FOUND');
    expect((await run(wire, { argv: ['echo', 'on'] })).stdout).toBe('on\n');
  });
});

describe('input', () => {
  test('goes to the program, in frames of any size, sent ahead or later; an empty one ends it', async () => {
    const wire = await Wire.admitted(any.port, TOKEN);
    const bytes = someBytes(2_000_000, 9);
    wire.send({ op: 'exec', argv: ['md5sum'] });
    stdin(wire, bytes.subarray(0, 1));
    stdin(wire, bytes.subarray(1, 100_000));
    expect(await wire.header()).toEqual({ ok: true });
    stdin(wire, bytes.subarray(100_000));
    stdin(wire, '');
    expect(await firstLine(wire)).toBe(`${md5(bytes)}  -`);
    expect(await wire.header()).toEqual({ exit: 0 });
  });

  test('is for the exec requested last, and the next op ends it; replies stay in order', async () => {
    const wire = await Wire.admitted(any.port, TOKEN);
    wire.send({ op: 'exec', id: 1, shell: 'read line; echo "got $line"; cat' });
    stdin(wire, 'one\nrest');
    wire.send({ op: 'exec', id: 2, argv: ['cat'] });
    stdin(wire, 'two');
    wire.send({ op: 'ping', id: 3, payload: 'three' }, { op: 'exec', id: 4, argv: ['cat'] });
    stdin(wire, '');
    stdin(wire, 'late: read past');
    wire.send({ op: 'ping', id: 5 });
    const [first, second] = [await outcomeOf(wire), await outcomeOf(wire)];
    expect(first).toMatchObject({ reply: { id: 1 }, end: { exit: 0, id: 1 } });
    expect(first.stdout.toString()).toBe('got one\nrest');
    expect(second).toMatchObject({ reply: { id: 2 }, end: { exit: 0, id: 2 } });
    expect(second.stdout.toString()).toBe('two');
    expect(await wire.header()).toEqual({ ok: true, payload: 'three', id: 3 });
    const fourth = await outcomeOf(wire);
    expect(fourth).toMatchObject({ end: { exit: 0, id: 4 } });
    expect(fourth.stdout.length).toBe(0);
    expect(await wire.header()).toEqual({ ok: true, payload: '', id: 5 });
  });

  test('comes out the same however the stream is cut', async () => {
    const conversation = Buffer.concat([
      frame({ op: 'exec', id: 1, argv: ['cat'] }),
      frame({ stream: 'stdin', length: 7 }),
      Buffer.from('{"op":\0'),
      frame({ stream: 'stdin', length: 0 }),
      frame({ op: 'exec', id: 2, argv: ['cat'] }),
      frame({ stream: 'stdin', length: 3 }),
      Buffer.from('two'),
      frame({ op: 'ping', id: 3 }),
    ]);
    const talk = async (pieces: Buffer[]) => {
      const wire = await Wire.admitted(any.port, TOKEN);
      wire.socket.setNoDelay(true);
      for (const piece of pieces) {
        wire.write(piece);
        await new Promise((resolve) => setImmediate(resolve));
      }
      const [first, second] = [await outcomeOf(wire), await outcomeOf(wire)];
      expect([first.stdout.toString(), second.stdout.toString()]).toEqual(['{"op":\0', 'two']);
      expect([first.end, second.end]).toEqual([
        { exit: 0, id: 1 },
        { exit: 0, id: 2 },
      ]);
      expect(await wire.header()).toEqual({ ok: true, payload: '', id: 3 });
      wire.socket.destroy();
    };
    await talk([conversation]);
    await talk([...conversation].map((byte) => Buffer.from([byte])));
    const cuts = fc.uniqueArray(fc.integer({ min: 1, max: conversation.length - 1 }), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(cuts, async (at) => {
        const ends = [...at.sort((a, b) => a - b), conversation.length];
        await talk(ends.map((end, nth) => conversation.subarray(ends[nth - 1] ?? 0, end)));
      }),
      { numRuns: 20 },
    );
  });

  test('for a program that has ended, does not read, or was refused is read past', async () => {
    const wire = await Wire.admitted(any.port, TOKEN);
    const bytes = someBytes(1_000_000, 3);
    for (const argv of [['true'], ['no-such-program'], ['sh', '-c', 'exec <&-; sleep 0.1; echo x']]) {
      wire.send({ op: 'exec', argv });
      stdin(wire, bytes);
      wire.send({ signal: 'SIGINT', length: 3 });
      wire.write('xyz');
      if (argv[0] !== 'sh') await outcomeOf(wire);
      stdin(wire, bytes);
      stdin(wire, '');
      if (argv[0] === 'sh') await outcomeOf(wire);
      expect(await wire.ask({ op: 'ping', payload: String(argv[0]) })).toEqual({
        ok: true,
        payload: argv[0],
      });
    }
  });

  test.each([
    ['no exec before it', [{ stream: 'stdin', length: 1 }]],
    ['no exec before it', [{ signal: 'SIGINT' }]],
    ['no exec before it', [{ op: 'ping' }, { stream: 'stdin', length: 1 }]],
    [
      'another stream',
      [
        { op: 'exec', argv: ['cat'] },
        { stream: 'stdout', length: 1 },
      ],
    ],
    ['another signal', [{ op: 'exec', argv: ['cat'] }, { signal: 'SIGKILL' }]],
    ['no length', [{ op: 'exec', argv: ['cat'] }, { stream: 'stdin' }]],
    ['no op', [{ op: 'exec', argv: ['cat'] }, { id: 1 }]],
  ])('%s: %o is BAD_REQUEST', async (_, headers) => {
    const wire = await Wire.admitted(any.port, TOKEN);
    wire.send(...headers);
    for (const header of headers.slice(0, -1)) {
      if ('op' in header && header.op === 'exec') expect((await outcomeOf(wire)).end).toEqual({ exit: 0 });
      else await wire.header();
    }
    expect(await wire.header()).toMatchObject({ ok: false, code: 'BAD_REQUEST' });
    expect(await wire.ended()).toBe('end');
  });

  test('that nobody reads is not read from the connection', async () => {
    const wire = await Wire.admitted(any.port, TOKEN);
    wire.send({ op: 'exec', shell: `echo $$; exec sleep ${LONG}` });
    const pid = Number(await firstLine(wire));
    const size = 64 << 20;
    wire.send({ stream: 'stdin', length: size });
    let sent = 0;
    const sending = async () => {
      for (; sent < size; sent += 1 << 20) {
        await new Promise((resolve) => wire.socket.write(Buffer.alloc(1 << 20), resolve));
      }
      return 'sent';
    };
    // Asked for whether somebody is still there: by a server that reads nothing, and only by that.
    expect(await Promise.race([wire.header(), sending()])).toEqual({ stream: 'stdout', length: 0 });
    expect(sent).toBeLessThan(32 << 20);
    // Its end is behind all that, and shows only when something is sent to it.
    wire.socket.destroy();
    await untilEmpty(pid);
  });

  test('a signal reaches the whole group', async () => {
    const wire = await Wire.admitted(any.port, TOKEN);
    wire.send({ op: 'exec', shell: `trap 'echo INT; exit 9' INT; echo $$; sleep ${LONG} & wait` });
    const pid = Number(await firstLine(wire));
    wire.send({ signal: 'SIGINT' });
    expect(await firstLine(wire)).toBe('INT');
    expect(await wire.header()).toEqual({ exit: 9 });
    expect(membersOf(pid)).toEqual([]);
  });
});

describe('no process is left', () => {
  const script = `echo $$; sleep ${LONG} & sleep ${LONG} | sleep ${LONG}`;

  test.each([
    ['was reset', (wire: Wire) => void wire.socket.resetAndDestroy()],
    ['was closed', (wire: Wire) => void wire.socket.destroy()],
  ])('when the connection %s', async (_, leave) => {
    const wire = await Wire.admitted(any.port, TOKEN);
    wire.send({ op: 'exec', shell: script });
    const pid = Number(await firstLine(wire));
    expect(membersOf(pid)).toContain(pid);
    leave(wire);
    await untilEmpty(pid);
  });

  test('half closed: what ends by itself within a second is told, and so is what is ended', async () => {
    for (const [shell, end] of [
      ['cat; echo done', { exit: 0 }],
      [`sleep ${LONG}`, { signal: 'SIGHUP' }],
    ] as const) {
      const wire = await Wire.admitted(any.port, TOKEN);
      wire.send({ op: 'exec', shell });
      stdin(wire, 'x');
      wire.socket.end();
      expect(await outcomeOf(wire)).toMatchObject({ end });
    }
  });

  test('when the program itself has ended', async () => {
    const wire = await Wire.admitted(any.port, TOKEN);
    wire.send({ op: 'exec', shell: `echo $$; sleep ${LONG} & exit 4` });
    const pid = Number(await firstLine(wire));
    expect(await wire.header()).toEqual({ exit: 4 });
    expect(membersOf(pid)).toEqual([]);
  });

  test('one that left the group keeps no connection by its streams', async () => {
    const wire = await Wire.admitted(any.port, TOKEN);
    const { stdout, end } = await run(wire, {
      shell: 'setsid sh -c "echo $$ >&2; sleep 4; echo late" & sleep 0.1; echo on',
    });
    expect({ stdout, end }).toEqual({ stdout: 'on\n', end: { exit: 0 } });
  });

  test('when the server is told to stop at once; a program that is nearly done is waited for', async () => {
    const server = await serving({ exec: { programs: 'any' } });
    const [wire, other] = [await Wire.admitted(server.port, TOKEN), await Wire.admitted(server.port, TOKEN)];
    wire.send({ op: 'exec', shell: `trap '' HUP TERM; echo $$; sleep ${LONG} | sleep ${LONG}` });
    other.send({ op: 'exec', argv: ['cat'] });
    const pid = Number(await firstLine(wire));
    expect(await other.header()).toEqual({ ok: true });
    const closing = server.close();
    stdin(other, 'last words\n');
    stdin(other, '');
    expect(await firstLine(other)).toBe('last words');
    expect(await other.header()).toEqual({ exit: 0 });
    expect(await other.ended()).toBe('end');
    server.abort();
    await closing;
    expect(membersOf(pid)).toEqual([]);
  });
});

describe('limits', () => {
  test('a program that runs for too long is ended, and that is told', async () => {
    const { port } = await serving({ exec: { programs: 'any', timeout: 100 } });
    const wire = await Wire.admitted(port, TOKEN);
    const { stdout, end } = await run(wire, { shell: `echo $$; sleep ${LONG}` });
    expect(end).toEqual({ signal: 'SIGTERM', timeout: true });
    expect(membersOf(Number(stdout))).toEqual([]);
    const ended = await run(wire, { shell: `trap 'exit 7' TERM; sleep ${LONG} & wait` });
    expect(ended.end).toEqual({ exit: 7, timeout: true });
  });

  test('nor does its output keep a place for longer than a body', async () => {
    const { port } = await serving({
      limits: { bodyTimeout: 200 },
      exec: { programs: 'any', timeout: 300, atOnce: 1 },
    });
    const wire = await Wire.admitted(port, TOKEN);
    wire.send({ op: 'exec', shell: 'echo $$; exec yes' });
    const pid = Number(await firstLine(wire));
    wire.socket.pause();
    await untilEmpty(pid);
    const other = await Wire.admitted(port, TOKEN);
    let reply = await run(other, { argv: ['true'] });
    while (reply.reply.code === 'BUSY') reply = await run(other, { argv: ['true'] });
    expect(reply.end).toEqual({ exit: 0 });
  });

  test('four at a time', async () => {
    const { port } = await serving({ exec: { programs: 'any' } });
    const wires = await Promise.all(Array.from({ length: 5 }, () => Wire.admitted(port, TOKEN)));
    const [fifth] = wires.splice(4) as [Wire];
    for (const wire of wires) expect(await wire.ask({ op: 'exec', argv: ['cat'] })).toEqual({ ok: true });
    expect((await run(fifth, { argv: ['touch', 'touched'] })).reply).toMatchObject({
      ok: false,
      code: 'BUSY',
    });
    expect(everythingIn(folder)).not.toContain('touched');
    for (const wire of wires) stdin(wire, '');
    expect(await Promise.all(wires.map((wire) => wire.header()))).toEqual(Array(4).fill({ exit: 0 }));
    expect((await run(fifth, { argv: ['true'] })).end).toEqual({ exit: 0 });
  });
});

test('the conversation of the specification', async () => {
  const page = readFileSync(fileURLToPath(new URL('../../../docs/protocol.md', import.meta.url)), 'utf8');
  const lines = [...page.matchAll(/^(client|server): (\{.*?\})(?: (.*))?$/gm)];
  expect(lines).toHaveLength(6);
  const wire = await Wire.admitted(any.port, TOKEN);
  for (const [, who, header = '', body = ''] of lines) {
    if (who === 'client') wire.write(Buffer.concat([frame(header), Buffer.from(body)]));
    else {
      expect(await wire.header()).toEqual(JSON.parse(header));
      const bytes = body.replace('\\n', '\n');
      expect((await wire.bytes(bytes.length)).toString()).toBe(bytes);
    }
  }
});

test('who ran what is told when it begins and when it ends', async () => {
  const wire = await Wire.admitted(any.port, TOKEN);
  const peer = `127.0.0.1:${wire.socket.localPort}`;
  await run(wire, { argv: ['printf', '%s', 'a\u001b[2J b', 'x'.repeat(300)] });
  await run(wire, { shell: 'exit 3' });
  const command = `printf %s "a\\u001b[2J b" ${'x'.repeat(300)}`.slice(0, 200);
  expect(started.filter((record) => record.peer === peer)).toEqual([
    { peer, command: `${command}…` },
    { peer, command: 'sh -c "exit 3"' },
  ]);
  expect(records.filter(({ op, ...record }) => record.peer === peer && op === 'exec')).toMatchObject([
    { op: 'exec', name: `${command}…`, code: 'OK', exit: 0, bytes: 307 },
    { op: 'exec', name: 'sh -c "exit 3"', code: 'OK', exit: 3, bytes: 0 },
  ]);
});
