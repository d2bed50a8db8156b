import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { connect } from '#sealift/client/index.js';
import { decodeHeader } from '#sealift/protocol/header-json.js';
import { type CliResult, type ServerProcess, sealift, startServer } from '../helpers/cli.js';
import { everythingIn, md5, putFile, someBytes } from '../helpers/files.js';
import { residentBytes } from '../helpers/memory.js';
import { tempFolder } from '../helpers/temp-folder.js';
import { frame, getReply, maliciousServer, Wire } from '../helpers/wire.js';

const MIB = 1 << 20;
/** More than a server of this size needs, and far less than what hostile lengths ask for. */
const GROWTH_MAX = 96 * MIB;

const FILES = { 'a.txt': Buffer.from('hello'), 'big.bin': someBytes(300_000) };
const A = FILES['a.txt'];

interface Victim extends ServerProcess {
  /** Sends bytes on a connection of their own, and expects one BAD_REQUEST and the end. */
  refuses(bytes: Buffer | string, message?: string | RegExp): Promise<void>;
  /** An honest client is served, and the memory is bounded. */
  isFine(): Promise<void>;
}

async function startVictim(args: string[] = []): Promise<Victim> {
  const storage = tempFolder();
  for (const [name, content] of Object.entries(FILES)) putFile(storage, name, content);
  const server = await startServer(storage, args);
  const isServed = async () => {
    const honest = await Wire.to(server.port);
    const { header, body } = await honest.askBody({ op: 'get', name: 'big.bin' });
    expect(header).toMatchObject({ ok: true, md5: md5(body) });
    expect(body.equals(FILES['big.bin'])).toBe(true);
    honest.socket.destroy();
  };
  await isServed();
  const before = residentBytes(server.child.pid);
  return {
    ...server,
    refuses: async (bytes, message = /./) => {
      const wire = await Wire.to(server.port);
      wire.write(bytes);
      expect(await wire.header()).toMatchObject({
        ok: false,
        code: 'BAD_REQUEST',
        message: expect.stringMatching(message),
      });
      expect(await wire.ended()).toBe('end');
      expect(wire.unread).toBe(0);
      wire.socket.destroy();
    },
    isFine: async () => {
      await isServed();
      expect(residentBytes(server.child.pid) - before).toBeLessThan(GROWTH_MAX);
    },
  };
}

/** A frame around these very bytes, whatever they are. */
function rawFrame(header: Buffer | string, length = Buffer.byteLength(header)): Buffer {
  const prefix = Buffer.alloc(4);
  prefix.writeUInt32BE(length);
  return Buffer.concat([prefix, Buffer.from(header as string)]);
}

/** The right reply for a.txt, with some fields replaced by JSON text; `undefined` leaves the field out. */
function replyWith(fields: Record<string, string | undefined>): Buffer {
  const honest = Object.entries(getReply('a.txt', A, md5(A))).map(([name, value]) => [
    name,
    JSON.stringify(value),
  ]);
  const all = Object.entries({ ...Object.fromEntries(honest), ...fields }).filter(
    ([, text]) => text !== undefined,
  );
  return Buffer.concat([rawFrame(`{${all.map(([name, text]) => `"${name}":${text}`).join(',')}}`), A]);
}

async function serverThatAnswers(answer: Buffer): Promise<string> {
  return maliciousServer(async (wire) => {
    await wire.header();
    wire.write(answer);
  });
}

/** Every answer makes the client give up as at a broken protocol, with nothing on the disk; the first one by way of the program. */
async function clientRefuses(answers: Buffer[], says: string | RegExp = /./): Promise<void> {
  const isUntouched = (folder: string) => expect(everythingIn(folder)).toEqual([]);
  for (const [nth, answer] of answers.entries()) {
    const dir = tempFolder();
    const client = await connect(await serverThatAnswers(answer));
    const outcome = client.fetch('a.txt', { dir }).finally(() => client.close());
    await expect(outcome, `answer ${nth}`).rejects.toThrow(expect.objectContaining({ code: 'PROTOCOL' }));
    isUntouched(dir);
  }
  const dir = tempFolder();
  const result = await fetchA(await serverThatAnswers(answers[0] as Buffer), dir);
  expect(result).toMatchObject({ code: 8, stdout: '' });
  expect(result.stderr).toMatch(/^failed {3}a\.txt: [\x20-\x7e]{10,200}\n$/);
  expect(result.stderr).toMatch(says);
  isUntouched(dir);
}

function fetchA(url: string, dir: string, ...args: string[]): Promise<CliResult> {
  return sealift(['fetch', 'a.txt', '-s', url, '-d', dir, ...args]);
}

const HUGE = [0xffffffff, 0x80000000, 0x7fffffff, 65_537];

test('case 1: length 0xFFFFFFFF is refused before anything is allocated', async () => {
  const victim = await startVictim();
  for (const length of HUGE) await victim.refuses(rawFrame('', length), `header length ${length}`);
  const more = Buffer.concat([rawFrame('', 0xffffffff), Buffer.alloc(MIB)]);
  await Promise.all(Array.from({ length: 50 }, () => victim.refuses(more)));
  await victim.isFine();
});

test('case 1: length 0xFFFFFFFF in a reply', async () => {
  await clientRefuses(
    HUGE.map((length) => rawFrame('{', length)),
    'header length 4294967295',
  );
});

test('case 2: length 0 or short', async () => {
  const victim = await startVictim();
  await victim.refuses(rawFrame(''), 'header length 0');
  await victim.refuses(rawFrame('{'), 'header length 1');
  await victim.refuses(rawFrame('{"op":"ping"}', 5), 'JSON');
  // Too few bytes and the end: nothing to answer.
  for (const bytes of [Buffer.alloc(1), Buffer.alloc(3), rawFrame('{"op"', 30)]) {
    const wire = await Wire.to(victim.port);
    wire.socket.end(bytes);
    expect(await wire.ended()).toBe('end');
    expect(wire.unread).toBe(0);
  }
  await victim.isFine();
});

test('case 2: length 0 or short in a reply', async () => {
  await clientRefuses([rawFrame(''), rawFrame('{'), rawFrame('{"ok":true}', 5)], 'header length 0');
});

test('case 3: split at every offset, byte by byte', async () => {
  const { port, isFine } = await startVictim();
  const stream = Buffer.concat([
    frame({ op: 'get', name: 'a.txt', id: 'ä' }),
    frame({ op: 'later', length: 3 }),
    Buffer.from('xyz'),
    frame({ op: 'ping', payload: 'ahoy' }),
  ]);
  const answers = async (pieces: Buffer[]) => {
    const wire = await Wire.to(port);
    wire.socket.setNoDelay(true);
    for (const piece of pieces) {
      await new Promise((resolve) => wire.socket.write(piece, resolve));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await wire.header()).toMatchObject({ ok: true, id: 'ä', name: 'a.txt', length: 5 });
    expect(await wire.bytes(5)).toEqual(A);
    expect(await wire.header()).toMatchObject({ ok: false, code: 'UNSUPPORTED' });
    expect(await wire.header()).toEqual({ ok: true, payload: 'ahoy' });
    wire.socket.end();
    expect(await wire.ended()).toBe('end');
    expect(wire.unread).toBe(0);
  };
  for (let at = 1; at < stream.length; at++) await answers([stream.subarray(0, at), stream.subarray(at)]);
  await answers([...stream].map((byte) => Buffer.of(byte)));
  await isFine();
});

test('case 3: a reply split at every offset, byte by byte', async () => {
  const answer = replyWith({});
  const pieces: Buffer[][] = [[...answer].map((byte) => Buffer.of(byte))];
  for (let at = 1; at < answer.length; at++) pieces.push([answer.subarray(0, at), answer.subarray(at)]);
  let next: Buffer[] = [];
  const url = await maliciousServer(async (wire) => {
    wire.socket.setNoDelay(true);
    for (;;) {
      await wire.header();
      for (const piece of next) {
        await new Promise((resolve) => wire.socket.write(piece, resolve));
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
  });
  const client = await connect(url);
  const dir = tempFolder();
  for (next of pieces) {
    await client.fetch('a.txt', { output: join(dir, 'file'), fsync: false });
    expect(readFileSync(join(dir, 'file'))).toEqual(A);
    // Otherwise the next one would only be compared.
    rmSync(join(dir, 'file'));
  }
  client.close();
});

test('case 4: trailing and pipelined bytes never bleed into another reply', async () => {
  const victim = await startVictim();
  const wire = await Wire.to(victim.port);
  const smuggled = frame({ op: 'get', name: 'big.bin', id: 'smuggled' });
  wire.write(
    Buffer.concat([
      frame({ op: 'get', name: 'a.txt', id: 1 }),
      frame({ op: 'get', name: 'missing', id: 2 }),
      // Bodies that no op of version 1 has: read past, never read as frames.
      frame({ op: 'ping', payload: 'x', id: 3, length: smuggled.length }),
      smuggled,
      frame({ op: 'later', id: 4, length: smuggled.length }),
      smuggled,
      // Here `length` is what is wanted, and nothing follows.
      frame({ op: 'get', name: 'big.bin', offset: 299_998, length: 1, id: 5 }),
      Buffer.from('trailing garbage'),
    ]),
  );
  expect(await wire.header()).toMatchObject({ ok: true, id: 1, length: 5 });
  expect(await wire.bytes(5)).toEqual(A);
  expect(await wire.header()).toMatchObject({ ok: false, id: 2, code: 'NOT_FOUND' });
  expect(await wire.header()).toEqual({ ok: true, id: 3, payload: 'x' });
  expect(await wire.header()).toMatchObject({ ok: false, id: 4, code: 'UNSUPPORTED' });
  expect(await wire.header()).toMatchObject({ ok: true, id: 5, length: 1 });
  expect(await wire.bytes(1)).toEqual(FILES['big.bin'].subarray(-2, -1));
  const last = await wire.header();
  expect(last).toMatchObject({ ok: false, code: 'BAD_REQUEST' });
  expect(last).not.toHaveProperty('id');
  expect(await wire.ended()).toBe('end');
  expect(wire.unread).toBe(0);
  await victim.isFine();
});

const BAD_UTF8 = ['ff', '80', 'c0af', 'e080af', 'eda080', 'f4908080', 'e282'].map((hex) =>
  Buffer.from(hex, 'hex'),
);

test('case 5: invalid or overlong UTF-8', async () => {
  const victim = await startVictim();
  for (const bytes of BAD_UTF8) {
    const header = Buffer.concat([Buffer.from('{"op":"get","name":"'), bytes, Buffer.from('"}')]);
    await victim.refuses(rawFrame(header), 'not valid UTF-8');
  }
  await victim.isFine();
});

test('case 5: invalid or overlong UTF-8 in a reply', async () => {
  const answers = BAD_UTF8.map((bytes) => {
    const reply = replyWith({ type: '"~~~~"' });
    bytes.copy(reply, reply.indexOf('~~~~'));
    return reply;
  });
  await clientRefuses(answers, 'not valid UTF-8');
});

test('case 6: null, array, missing or duplicate fields', async () => {
  const victim = await startVictim();
  for (const header of ['null', '[]', '"get"', '42', 'true', '[{"op":"ping"}]']) {
    await victim.refuses(rawFrame(header), 'not a JSON object');
  }
  for (const header of ['{}', '{"name":"a.txt"}', '{"op":null}', '{"op":["ping"]}']) {
    await victim.refuses(rawFrame(header), 'op is missing');
  }
  for (const header of [
    '{"op":"get"}',
    '{"op":"stat"}',
    '{"op":"get","name":null}',
    '{"op":"get","name":["a.txt"]}',
  ]) {
    await victim.refuses(rawFrame(header), /^(get|stat): name: /);
  }
  for (const header of ['{"op":"ping","op":"get"}', '{"op":"get","name":"a.txt","\\u006eame":"b"}']) {
    await victim.refuses(rawFrame(header), 'twice');
  }
  await victim.isFine();
});

test('case 6: null, array, missing or duplicate fields in a reply', async () => {
  const missing = ['ok', 'name', 'type', 'size', 'md5', 'mtime', 'offset', 'length'];
  await clientRefuses([
    ...['null', '[]', '"ok"', '42', '{}', '{"ok":null}', '{"ok":false}', '{"ok":"true"}'].map((header) =>
      rawFrame(header),
    ),
    ...missing.map((field) => replyWith({ [field]: undefined })),
    replyWith({ name: 'null' }),
    replyWith({ md5: `"${md5(A)}","\\u006dd5":"${md5('other')}"` }),
    replyWith({ size: '5,"size":6' }),
  ]);
});

test('case 7: a __proto__ key pollutes nothing', async () => {
  const victim = await startVictim();
  const wire = await Wire.to(victim.port);
  wire.write(rawFrame('{"op":"ping","payload":"a","__proto__":{"payload":"b","id":9,"name":"a.txt"}}'));
  expect(await wire.header()).toEqual({ ok: true, payload: 'a' });
  wire.write(rawFrame('{"op":"ping","constructor":{"prototype":{"name":"a.txt","payload":"b"}}}'));
  expect(await wire.header()).toEqual({ ok: true, payload: '' });
  for (const op of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
    expect(await wire.ask({ op })).toMatchObject({ ok: false, code: 'UNSUPPORTED' });
  }
  await victim.refuses(rawFrame('{"op":"get","__proto__":{"name":"a.txt"}}'), 'get: name');
  await victim.refuses(rawFrame('{"__proto__":{"op":"ping"}}'), 'op is missing');
  await victim.isFine();
});

test('case 8: nesting 200,000 deep', async () => {
  const victim = await startVictim();
  await victim.refuses(rawFrame('['.repeat(200_000)), 'header length 200000');
  const depth = 32_000;
  const deep = [
    `{"op":"ping","x":${'['.repeat(depth)}${']'.repeat(depth)}}`,
    `{"op":"ping","x":${'{"a":'.repeat(10_000)}0${'}'.repeat(10_000)}}`,
  ];
  for (const header of deep) await victim.refuses(rawFrame(header), 'nested too deep');
  await victim.refuses(rawFrame('['.repeat(65_536)), 'JSON');
  // Rule: the loop stands still for less than 50 ms. The best of a few, since this machine may be busy.
  for (const header of deep) {
    const times = [1, 2, 3, 4, 5].map(() => {
      const startedAt = performance.now();
      expect(() => decodeHeader(Buffer.from(header))).toThrow('nested too deep');
      return performance.now() - startedAt;
    });
    expect(Math.min(...times)).toBeLessThan(50);
  }
  await victim.isFine();
});

const NO_SIZES = ['-1', '1.5', '"12"', '1e400', '9007199254740993', 'null', 'true', '[5]', '-1e400'];

test('case 9: sizes −1, 1.5, "12", 1e400, 2^53+1', async () => {
  const victim = await startVictim();
  for (const size of NO_SIZES) {
    await victim.refuses(rawFrame(`{"op":"get","name":"a.txt","offset":${size}}`), 'offset');
    await victim.refuses(rawFrame(`{"op":"get","name":"a.txt","length":${size}}`), 'length');
    await victim.refuses(rawFrame(`{"op":"list","limit":${size}}`), 'limit');
    // The length of a body: read in another way, what follows would be another request.
    await victim.refuses(
      Buffer.concat([rawFrame(`{"op":"ping","length":${size}}`), frame({ op: 'ping' })]),
      'length',
    );
  }
  await victim.isFine();
});

test('case 9: sizes −1, 1.5, "12", 1e400, 2^53+1 in a reply', async () => {
  const fields = ['size', 'length', 'offset'];
  await clientRefuses(
    NO_SIZES.flatMap((size) => fields.map((field) => replyWith({ [field]: size }))),
    'size',
  );
});

test('case 10: md5 absent or malformed', async () => {
  const victim = await startVictim();
  const right = md5(A);
  for (const wrong of [
    '',
    right.toUpperCase(),
    right.slice(1),
    `${right}0`,
    `${right}\n`,
    'x'.repeat(32),
    null,
    5,
    {},
  ]) {
    await victim.refuses(frame({ op: 'get', name: 'a.txt', ifMd5: wrong }), 'ifMd5');
  }
  const wire = await Wire.to(victim.port);
  expect(await wire.ask({ op: 'get', name: 'a.txt', ifMd5: md5('other') })).toMatchObject({
    ok: false,
    code: 'CHANGED',
  });
  expect(await wire.askBody({ op: 'get', name: 'a.txt', ifMd5: right })).toMatchObject({
    header: { ok: true },
    body: A,
  });
  await victim.isFine();
});

test('case 10: md5 absent or malformed in a reply, never skipped', async () => {
  const right = md5(A);
  const wrong = [
    '""',
    'null',
    '5',
    '{}',
    `"${right.toUpperCase()}"`,
    `"${right.slice(1)}"`,
    `"${right}0"`,
    `"${right}\\n"`,
  ];
  const deferred = replyWith({ md5: 'null', deferred: 'true' });
  await clientRefuses(
    [
      ...wrong.map((text) => replyWith({ md5: text })),
      replyWith({ md5: undefined }),
      replyWith({ deferred: 'true' }),
      replyWith({ md5: 'null', deferred: 'false' }),
      // The trailer is no way round either.
      ...['{"ok":true}', '{"ok":true,"md5":null}', '{"ok":true,"md5":""}', '{}'].map((trailer) =>
        Buffer.concat([deferred, rawFrame(trailer)]),
      ),
    ],
    'md5',
  );
});

const flips = fc.array(fc.tuple(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), fc.nat(7)), {
  minLength: 1,
  maxLength: 3,
});
function flipped(bytes: Buffer, flips: [place: number, bit: number][]): Buffer {
  const copy = Buffer.from(bytes);
  for (const [place, bit] of flips) {
    const at = Math.floor(place * copy.length);
    copy[at] = (copy[at] as number) ^ (1 << bit);
  }
  return copy;
}

test('case 11: random bit flips in requests', async () => {
  // Two flips make a capital letter of a frame's first byte, and an answer is one of HTTP then.
  const victim = await startVictim(['--no-http']);
  const requests = Buffer.concat([
    frame({ op: 'get', name: 'a.txt', offset: 1, length: 3, id: 1 }),
    frame({ op: 'list', pattern: '*.txt', limit: 10 }),
    frame({ op: 'stat', name: 'big.bin', progress: true }),
    frame({ op: 'ping', payload: 'ahoy' }),
  ]);
  await fc.assert(
    fc.asyncProperty(flips, async (flips) => {
      const wire = await Wire.to(victim.port);
      wire.socket.end(flipped(requests, flips));
      expect(await wire.ended()).toBe('end');
      for (let replies = 0; wire.unread > 0; replies++) {
        expect(replies).toBeLessThan(4);
        const header = await wire.header();
        const body = await wire.bytes(header.ok ? Number(header.length ?? 0) : 0);
        if (header.ok !== true)
          expect(header).toMatchObject({ ok: false, code: expect.stringMatching(/^[A-Z_]+$/) });
        else if ('offset' in header) {
          const { name, offset, length } = header as {
            name: keyof typeof FILES;
            offset: number;
            length: number;
          };
          expect(body).toEqual(FILES[name].subarray(offset, offset + length));
        }
      }
      wire.socket.destroy();
    }),
    { numRuns: 150 },
  );
  await victim.isFine();
});

test('case 11: random bit flips in a reply', async () => {
  let answer: Buffer = Buffer.alloc(0);
  const url = await maliciousServer(async (wire) => {
    for (;;) {
      await wire.header();
      wire.write(answer);
    }
  });
  await fc.assert(
    fc.asyncProperty(flips, async (flips) => {
      answer = flipped(replyWith({}), flips);
      const dir = tempFolder();
      const client = await connect(url, { timeout: 100, retries: 1, retryDelay: 1 });
      try {
        await client.fetch('a.txt', { dir, fsync: false });
        // What was hit is a field that says nothing about the bytes.
        expect(readFileSync(join(dir, 'a.txt'))).toEqual(A);
      } catch (error) {
        expect((error as Error).name).toBe('SealiftError');
        expect(everythingIn(dir)).not.toContain('a.txt');
      } finally {
        client.close();
      }
    }),
    { numRuns: 100 },
  );
});

const HTTP_REQUEST = 'GET /a.txt HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n';
const CAPITALS = [
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'SSH-2.0-OpenSSH_9.6\r\n',
  'PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n',
];
const OTHERS = [
  '{"op":"ping"}\n',
  Buffer.from(`16030100f8010000f40303${'00'.repeat(64)}`, 'hex'),
  'get / HTTP/1.1\r\n\r\n',
];

test('case 12: HTTP, TLS and SSH bytes, with HTTP turned off', async () => {
  const victim = await startVictim(['--no-http']);
  for (const bytes of [HTTP_REQUEST, ...CAPITALS, ...OTHERS]) {
    await victim.refuses(bytes, 'not a Sealift frame');
  }
  await victim.isFine();
});

test('case 12: HTTP bytes get HTTP, TLS and SSH bytes an error', async () => {
  const victim = await startVictim();
  for (const bytes of OTHERS) await victim.refuses(bytes, 'not a Sealift frame');
  const answerTo = async (bytes: string) => {
    const wire = await Wire.to(victim.port);
    wire.write(bytes);
    expect(await wire.ended()).toBe('end');
    wire.socket.destroy();
    return wire.peek().toString();
  };
  expect(await answerTo(HTTP_REQUEST)).toMatch(/^HTTP\/1\.1 200 OK\r\n(?:[\w-]+: .*\r\n)+\r\nhello$/);
  for (const bytes of CAPITALS) expect(await answerTo(bytes)).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
  await victim.isFine();
});

test('case 12: an HTTP server at the other end', async () => {
  await clientRefuses(
    [Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), Buffer.from('SSH-2.0-OpenSSH_9.6\r\n')],
    'not a Sealift frame',
  );
});

test('case 13: endless header', async () => {
  const victim = await startVictim(['--header-timeout', '500ms']);
  // As long as a header may be, but for the last byte: held until the deadline, and no longer.
  await Promise.all(
    Array.from({ length: 100 }, async () => {
      const wire = await Wire.to(victim.port);
      wire.write(rawFrame(' '.repeat(65_535), 65_536));
      expect(await wire.header()).toMatchObject({ ok: false, code: 'TIMEOUT' });
      expect(await wire.ended()).toBe('end');
    }),
  );
  await victim.isFine();
});

test('case 13: endless requests whose replies nobody reads', async () => {
  const victim = await startVictim();
  const wire = await Wire.to(victim.port);
  wire.socket.pause();
  const request = frame({ op: 'ping', payload: 'x'.repeat(1_000) });
  const flood = Buffer.concat(Array.from({ length: 1_000 }, () => request));
  for (let nth = 0; nth < 100; nth++) wire.socket.write(flood);
  // Until a while passes, in honest requests, in which the server took no more of it.
  let [taken, quiet] = [-1, 0];
  while (quiet < 20) {
    await victim.isFine();
    const now = wire.socket.bytesWritten - wire.socket.writableLength;
    quiet = now === taken ? quiet + 1 : 0;
    taken = now;
  }
  expect(wire.socket.writableLength).toBeGreaterThan(0);
  wire.socket.destroy();
  await once(wire.socket, 'close');
  await victim.isFine();
});

test('case 13: endless header in a reply', async () => {
  const dir = tempFolder();
  const dripping = await maliciousServer(async (wire) => {
    await wire.header();
    wire.write(rawFrame('{"ok":true', 65_536));
    const timer = setInterval(() => wire.write(' '), 20);
    await wire.ended();
    clearInterval(timer);
  });
  // The bytes that drip in are no progress.
  const result = await fetchA(dripping, dir, '--timeout', '500ms', '--retries', '0');
  expect(result).toMatchObject({ code: 5, stdout: '' });
  expect(result.stderr).toMatch(/^failed {3}a\.txt: .*no progress.*\n$/);
  expect(everythingIn(dir)).toEqual([]);
  await clientRefuses([rawFrame('{', 0x7fffffff)]);
});

test('case 13: endless listing', async () => {
  const endless = await serverThatAnswers(frame({ ok: true, count: 1, length: 4_096_001, next: null }));
  const result = await sealift(['list', '-s', endless]);
  expect(result).toMatchObject({ code: 8, stdout: '' });
  expect(result.stderr).toMatch(/^sealift: .*length.*\n$/);
});
