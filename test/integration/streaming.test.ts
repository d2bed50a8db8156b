import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { blake3 } from '@napi-rs/blake-hash';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startProxy } from '../fault/proxy.js';
import { limitData, only } from '../fault/toxics.js';
import { chunkServer, type Tricks } from '../helpers/chunk-server.js';
import { PROGRAM } from '../helpers/cli.js';
import { CHUNK, everythingIn, md5, putFile, someBytes } from '../helpers/files.js';
import { localServer } from '../helpers/in-process.js';
import { tempFolder } from '../helpers/temp-folder.js';
import { frame } from '../helpers/wire.js';

const BODY = someBytes(4 * CHUNK + 777, 90);
/** Another file of the same size. */
const OTHER = someBytes(4 * CHUNK + 777, 91);

/** `sealift fetch a -o -`, its stdout as bytes. An unhandled rejection ends it with code 1. */
function startStream(url: string, ...more: string[]) {
  const args = ['--unhandled-rejections=strict', PROGRAM, 'fetch', 'a', '-o', '-', '-s', url, ...more];
  const temporary = tempFolder();
  const env = { ...process.env, NO_COLOR: '1', TMPDIR: temporary };
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
  onTestFinished(() => void child.kill('SIGKILL'));
  const stderr = buffer(child.stderr);
  const ended = async () => {
    const [code] = await once(child, 'close');
    expect(everythingIn(temporary)).toEqual([]);
    return { code, stderr: (await stderr).toString() };
  };
  return { child, ended: ended() };
}

async function stream(url: string, ...more: string[]) {
  const { child, ended } = startStream(url, ...more);
  const out = await buffer(child.stdout);
  return { out, ...(await ended) };
}

function flippingAt(at: number, isNow: (times: number) => boolean = () => true): Tricks {
  let times = 0;
  return {
    body: (body, { op, ifMd5, offset = 0 }) => {
      const place = at - Number(offset);
      const isThere = op === 'get' && ifMd5 !== undefined && place >= 0 && place < body.length;
      if (isThere && isNow(times++)) body[place] = (body[place] ?? 0) ^ 2;
      return body;
    },
  };
}

test('bytes come out before the end of the transfer', async () => {
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  const { url } = await chunkServer(BODY, {
    answer: async (wire, { op, ifMd5, offset, length }) => {
      if (op !== 'get' || ifMd5 === undefined) return false;
      wire.send({
        ok: true,
        name: 'a',
        type: 'x/y',
        size: BODY.length,
        md5: ifMd5,
        mtime: 0,
        offset,
        length,
      });
      wire.write(BODY.subarray(0, 2 * CHUNK + 5));
      await released;
      wire.write(BODY.subarray(2 * CHUNK + 5));
      return true;
    },
  });
  const { child, ended } = startStream(url);
  const pieces: Buffer[] = [];
  let length = 0;
  child.stdout.on('data', (piece: Buffer) => {
    pieces.push(piece);
    length += piece.length;
    // Whole chunks, and all that have come: not a byte of the third.
    if (length >= 2 * CHUNK) release();
  });
  await released;
  expect(length).toBe(2 * CHUNK);
  expect(await ended).toMatchObject({
    code: 0,
    stderr: expect.stringMatching(/^verified a .* -> stdout\n$/),
  });
  expect(Buffer.concat(pieces).equals(BODY)).toBe(true);
});

describe('damage', () => {
  test.each([0, 3])('in chunk %d, always: exactly what is before it, and exit 4', async (chunk) => {
    const { url } = await chunkServer(BODY, flippingAt(chunk * CHUNK + 9));
    const { out, code, stderr } = await stream(url);
    expect(code).toBe(4);
    expect(out.equals(BODY.subarray(0, chunk * CHUNK))).toBe(true);
    expect(stderr).toMatch(/^sealift: a: bytes \d+-\d+ stay wrong, fetched 4 times; .*on the way here/m);
  });

  test('once: mended', async () => {
    const { url } = await chunkServer(
      BODY,
      flippingAt(2 * CHUNK + 9, (times) => times === 0),
    );
    const { out, code, stderr } = await stream(url);
    expect(code).toBe(0);
    expect(out.equals(BODY)).toBe(true);
    expect(stderr).toMatch(/^repaired a {2}bytes 2097161-2097161 came damaged \(1 flipped bit\)/m);
  });
});

test('a connection that breaks: it goes on where it was', async () => {
  const storage = tempFolder();
  putFile(storage, 'a', BODY);
  const { port } = await localServer(storage);
  // The one that the body comes over: the first is given up when the size is known, the second asks for the manifest.
  const proxy = await startProxy(port, [limitData({ after: 2 * CHUNK + 500_000, connections: only(2) })]);
  onTestFinished(() => proxy.close());
  const { out, code, stderr } = await stream(proxy.url);
  expect(proxy.hits).toHaveLength(1);
  expect(code).toBe(0);
  expect(out.equals(BODY)).toBe(true);
  expect(stderr).toContain('reconnecting (1 of 5)');
});

test('a file that changes in the middle: exit 6, and a part of the old one', async () => {
  const storage = tempFolder();
  putFile(storage, 'a', BODY);
  const { port } = await localServer(storage);
  const proxy = await startProxy(port, [limitData({ after: 2 * CHUNK + 500_000, connections: only(2) })]);
  onTestFinished(() => proxy.close());
  const running = stream(proxy.url);
  await proxy.happened('limitData');
  writeFileSync(join(storage, 'a'), OTHER);
  const { out, code, stderr } = await running;
  expect(code).toBe(6);
  expect(out.length).toBeGreaterThan(0);
  expect(out.length % CHUNK).toBe(0);
  expect(out.equals(BODY.subarray(0, out.length))).toBe(true);
  expect(stderr).toMatch(/^sealift: a: .*/m);
});

test('a reader that has enough ends it quietly', async () => {
  const { url } = await chunkServer(BODY);
  const { child, ended } = startStream(url);
  const [first] = await once(child.stdout, 'data');
  child.stdout.destroy();
  expect(BODY.subarray(0, first.length).equals(first)).toBe(true);
  expect(await ended).toEqual({ code: 0, stderr: '' });
});

test('Ctrl-C while nobody reads', async () => {
  const { url } = await chunkServer(BODY);
  const { child, ended } = startStream(url);
  await once(child.stdout, 'readable');
  child.kill('SIGINT');
  const [code] = await once(child, 'exit');
  expect(code).toBe(130);
  child.stdout.resume();
  expect(await ended).toMatchObject({ stderr: 'sealift: interrupted\n' });
});

describe('--expect', () => {
  const digests = {
    md5: md5(BODY),
    sha256: createHash('sha256').update(BODY).digest('hex'),
    blake3: blake3(BODY).toString('hex'),
  };

  test.each(Object.entries(digests))('%s', async (algorithm, hex) => {
    const { url } = await chunkServer(BODY);
    const wrong = hex.replace(/^./, (digit) => (digit === '0' ? '1' : '0'));
    const [right, refused] = await Promise.all([
      stream(url, '--expect', `${algorithm}:${hex}`),
      stream(url, '--expect', `${algorithm}:${wrong}`),
    ]);
    expect(right.code).toBe(0);
    expect(right.out.equals(BODY)).toBe(true);
    expect(refused.code).toBe(4);
    expect(refused.out).toHaveLength(0);
    expect(refused.stderr).toContain('not the expected file');
  });
});

test('a server without manifests: verified as a whole before the first byte', async () => {
  const { url } = await chunkServer(BODY, {
    header: (header, { op }) =>
      op === 'manifest' ? { ok: false, code: 'UNSUPPORTED', message: 'no such op' } : header,
  });
  const { out, code } = await stream(url);
  expect(code).toBe(0);
  expect(out.equals(BODY)).toBe(true);
});

test('a server that knows no ranges any more: what was begun is not begun again', async () => {
  let isFirst = true;
  const { url } = await chunkServer(BODY, {
    answer: (wire, { op, ifMd5 }) => {
      if (op !== 'get' || ifMd5 === undefined) return false;
      if (isFirst) {
        isFirst = false;
        const facts = { ok: true, name: 'a', type: 'x', size: BODY.length, md5: md5(BODY), mtime: 0 };
        const head = frame({ ...facts, offset: 0, length: BODY.length });
        wire.socket.end(Buffer.concat([head, BODY.subarray(0, CHUNK + 5)]));
      } else wire.send({ ok: false, code: 'UNSUPPORTED', message: 'no ranges' });
      return true;
    },
  });
  const { out, code } = await stream(url);
  expect(code).toBe(8);
  expect(out.equals(BODY.subarray(0, CHUNK))).toBe(true);
});

test('a small file that is announced as a large one when it is asked for again is not taken into memory', async () => {
  const small = someBytes(1_000, 92);
  const { url, asked } = await chunkServer(small, {
    header: (header, { op }, nth) => {
      if (op !== 'get') return header;
      // Alternately, so that it is begun with the small one each time.
      return nth % 2 === 0 ? { ...header, md5: md5('other') } : { ...header, size: 2 ** 40, length: 2 ** 40 };
    },
  });
  const { out, code, stderr } = await stream(url, '--retries', '0');
  expect(code).toBe(6);
  expect(stderr).toContain('it changed on the server meanwhile');
  expect(out.length).toBe(0);
  expect(asked('get')).toHaveLength(8);
});
