import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Expected } from '#sealift/page/download/announcement.js';
import type { Failure, TransferError } from '#sealift/page/download/failure.js';
import { transfer, type Verified } from '#sealift/page/download/transfer.js';
import { CHUNK, md5, putFile, someBytes } from '../../helpers/files.js';
import { localServer } from '../../helpers/in-process.js';
import { tempFolder } from '../../helpers/temp-folder.js';
import { chaosFront, type Trick } from './chaos-front.js';

const CONTENT = someBytes(3 * CHUNK + 5, 21);
const UNKNOWN: Expected = { size: null, md5: null };

interface Options {
  expected?: Expected;
  content?: Buffer;
  signal?: AbortSignal;
  stallMs?: number;
  /** Called with what has come, for each piece. */
  onBytes?: (count: number) => void;
  failsToWrite?: boolean;
}

interface Outcome {
  verified?: Verified;
  failure?: Failure;
}

/** Fetches `a.bin` through a front, into a sink that remembers what was done to it. */
async function run(trick: Trick, options: Options = {}) {
  const { content = CONTENT, expected = UNKNOWN, signal = new AbortController().signal } = options;
  const storage = tempFolder();
  putFile(storage, 'a.bin', content);
  const { port } = await localServer(storage);
  const front = await chaosFront(port, trick);
  const pieces: Uint8Array[] = [];
  const calls: string[] = [];
  const hash = createHash('md5');
  let received = 0;
  const sink = {
    open: async () => void calls.push('open'),
    write: async (bytes: Uint8Array) => {
      if (options.failsToWrite) throw new Error('no space left');
      pieces.push(bytes);
      received += bytes.length;
      options.onBytes?.(received);
      if (!options.stallMs) front.taken(bytes.length);
    },
    commit: async () => {
      calls.push('commit');
      return { name: 'a.bin' };
    },
    abort: async () => void calls.push('abort'),
  };
  const waits: number[] = [];
  const tools = {
    md5: { update: (bytes: Uint8Array) => hash.update(bytes), digest: () => hash.digest('hex') },
    sink,
    signal,
    wait: async (attempt: number) => void waits.push(attempt),
    ...(options.stallMs === undefined ? {} : { stallMs: options.stallMs }),
  };
  const source = { href: `${front.url}/a.bin`, expected };
  const result = await transfer(source, tools).then(
    (verified): Outcome => ({ verified }),
    (error: TransferError): Outcome => {
      if (error.name !== 'TransferError') throw error;
      return { failure: error.failure };
    },
  );
  return { ...result, calls, waits, bytes: Buffer.concat(pieces), passages: front.passages };
}

/** What is true of every transfer that fails. */
function expectNothingKept({ calls }: { calls: string[] }): void {
  expect(calls).not.toContain('commit');
  expect(calls.at(-1)).toBe('abort');
}

test.each([0, 1, CHUNK, 3 * CHUNK + 5])(
  'a file of %i bytes is committed once it is verified',
  async (size) => {
    const content = someBytes(size, 3);
    const { verified, bytes, calls } = await run(() => undefined, {
      content,
      expected: { size, md5: md5(content) },
    });
    expect(verified).toEqual({ md5: md5(content), size, saved: { name: 'a.bin' } });
    expect(bytes.equals(content)).toBe(true);
    expect(calls).toEqual(['open', 'commit']);
  },
);

test('one other byte is rejected, with both digests', async () => {
  const flipped = Buffer.from(CONTENT);
  flipped.writeUInt8(flipped.readUInt8(77) ^ 1, 77);
  const result = await run(() => ({ body: flipped }));
  expect(result.failure).toEqual({ kind: 'damaged', expected: md5(CONTENT), received: md5(flipped) });
  expectNothingKept(result);
});

test('more bytes than announced are rejected, however they arrive', async () => {
  const result = await run(
    ({ headers, body, status }) => {
      const { 'content-length': _, ...others } = headers;
      return { status, headers: others, body: Buffer.concat([body, Buffer.from('x')]) };
    },
    { expected: { size: CONTENT.length, md5: null } },
  );
  expect(result.failure).toEqual({ kind: 'too-long', expected: CONTENT.length });
  expectNothingKept(result);
});

test('a body that is reset goes on where it was, by a range of the same file', async () => {
  const half = CHUNK + 100;
  const result = await run(({ nth, body }) =>
    nth === 0 ? { body: body.subarray(0, half), hangs: true } : undefined,
  );
  expect(result.verified?.md5).toBe(md5(CONTENT));
  expect(result.bytes.equals(CONTENT)).toBe(true);
  expect(result.waits).toEqual([1]);
  const [, second] = result.passages;
  expect(second?.status).toBe(206);
  expect(second?.asked['if-range']).toBe(`"${md5(CONTENT)}"`);
  expect(second?.asked.range).toMatch(/^bytes=[1-9]\d*-$/);
});

test('a body that ends early, as if it were whole, goes on too', async () => {
  const result = await run(
    ({ nth, body, headers, status }) => {
      const { 'content-length': _, ...others } = headers;
      return nth === 0 ? { status, headers: others, body: body.subarray(0, 1_000) } : undefined;
    },
    { expected: { size: CONTENT.length, md5: null } },
  );
  expect(result.verified?.md5).toBe(md5(CONTENT));
  expect(result.passages[1]?.asked.range).toBe('bytes=1000-');
});

test('a server that sends all of it once more has only the rest taken', async () => {
  const result = await run(({ nth, body, headers }) => {
    if (nth === 0) return { body: body.subarray(0, CHUNK), hangs: true };
    const { 'content-range': _, ...others } = headers;
    return { status: 200, headers: { ...others, 'content-length': CONTENT.length }, body: CONTENT };
  });
  expect(result.bytes.equals(CONTENT)).toBe(true);
});

test('damage behind a resumption is found as well', async () => {
  const result = await run(({ nth, body }) => {
    if (nth === 0) return { body: body.subarray(0, CHUNK), hangs: true };
    const flipped = Buffer.from(body);
    flipped.writeUInt8(flipped.readUInt8(9) ^ 1, 9);
    return { body: flipped };
  });
  expect(result.failure?.kind).toBe('damaged');
  expectNothingKept(result);
});

test('a connection that breaks again and again is given up, unless it brings something', async () => {
  const never = await run(() => ({ body: Buffer.from('x'), hangs: true }));
  expect(never.failure?.kind).toBe('broken');
  expect(never.waits).toEqual([1, 2, 3, 4, 5]);
  expectNothingKept(never);
  const slowly = await run(({ nth, body }) =>
    nth < 2 ? { body: body.subarray(0, CHUNK), hangs: true } : undefined,
  );
  expect(slowly.verified?.md5).toBe(md5(CONTENT));
  expect(slowly.waits).toEqual([1, 1]);
});

test('a body of which nothing comes any more is given up and asked for anew', async () => {
  // The first answer never ends: its length is told, and not all of it is sent.
  const result = await run(
    ({ nth, body, headers, status }) =>
      nth === 0 ? { status, headers, body: body.subarray(0, 5_000), hangs: true } : undefined,
    { stallMs: 50 },
  );
  expect(result.verified?.md5).toBe(md5(CONTENT));
  expect(result.passages).toHaveLength(2);
});

test('a file that changed is told apart from one that is damaged', async () => {
  const size = CONTENT.length;
  const since = await run(() => undefined, { expected: { size, md5: md5('older') } });
  expect(since.failure?.kind).toBe('changed');
  const longer = await run(() => undefined, { expected: { size: size - 1, md5: null } });
  expect(longer.failure?.kind).toBe('changed');
  const newer = someBytes(size, 99);
  const meanwhile = await run(({ nth, body, headers }) => {
    if (nth === 0) return { body: body.subarray(0, CHUNK), hangs: true };
    const { 'content-range': _, ...others } = headers;
    const digest = `md5=:${createHash('md5').update(newer).digest('base64')}:`;
    return {
      status: 200,
      headers: { ...others, 'content-length': size, 'repr-digest': digest },
      body: newer,
    };
  });
  expect(meanwhile.failure?.kind).toBe('changed');
  for (const result of [since, longer, meanwhile]) expectNothingKept(result);
});

test.each([
  ['without a digest', { 'repr-digest': undefined }],
  ['with a digest of another kind', { 'repr-digest': 'sha-256=:AAAA:' }],
  ['encoded on the way', { 'content-encoding': 'br' }],
])('an answer %s cannot be verified, and is refused', async (_, change) => {
  const result = await run(({ headers }) => {
    const all = Object.entries({ ...headers, ...change }).filter(([, value]) => value !== undefined);
    return { headers: Object.fromEntries(all), body: CONTENT };
  });
  expect(result.failure?.kind).toBe('unverifiable');
  expectNothingKept(result);
});

test('an answer with another part than was asked for is refused', async () => {
  const result = await run(({ nth, body, headers, status }) => {
    if (nth === 0) return { body: body.subarray(0, CHUNK), hangs: true };
    const range = `bytes ${2 * CHUNK}-${CONTENT.length - 1}/${CONTENT.length}`;
    const rest = CONTENT.subarray(2 * CHUNK);
    return {
      status,
      headers: { ...headers, 'content-range': range, 'content-length': rest.length },
      body: rest,
    };
  });
  expect(result.failure?.kind).toBe('unverifiable');
  expectNothingKept(result);
});

test('an error answer is told in the words of the server', async () => {
  const gone = await run(({ headers }) => {
    const body = Buffer.from('{"detail":"a.bin: there is no such file"}');
    const type = { 'content-type': 'application/problem+json', 'content-length': body.length };
    return { status: 404, headers: { ...headers, ...type }, body };
  });
  expect(gone.failure).toEqual({ kind: 'refused', status: 404, detail: 'a.bin: there is no such file' });
  const other = await run(({ headers }) => {
    const body = Buffer.from('<p>');
    return { status: 502, headers: { ...headers, 'content-length': body.length }, body };
  });
  expect(other.failure).toEqual({ kind: 'refused', status: 502, detail: 'Bad Gateway' });
  for (const failed of [gone, other]) expectNothingKept(failed);
});

test('a server that is busy is asked again, and its word is told if it stays so', async () => {
  const busy: Trick = ({ headers }) => {
    const body = Buffer.from('{"detail":"too many clients"}');
    const type = { 'content-type': 'application/problem+json', 'content-length': body.length };
    return { status: 503, headers: { ...headers, ...type }, body };
  };
  const once = await run((passage) => (passage.nth === 0 ? busy(passage) : undefined));
  expect(once.verified?.md5).toBe(md5(CONTENT));
  const always = await run(busy);
  expect(always.failure).toEqual({ kind: 'refused', status: 503, detail: 'too many clients' });
  expect(always.passages).toHaveLength(6);
});

test('cancelling in mid-body keeps nothing and asks no more', async () => {
  const abort = new AbortController();
  const result = await run(() => undefined, { signal: abort.signal, onBytes: () => abort.abort() });
  expect(result.failure).toEqual({ kind: 'cancelled' });
  expect(result.passages).toHaveLength(1);
  expectNothingKept(result);
});

test('cancelling when all has come, and nothing is committed, still counts', async () => {
  const abort = new AbortController();
  const onBytes = (count: number) => count === CONTENT.length && abort.abort();
  const result = await run(() => undefined, { signal: abort.signal, onBytes });
  expect(result.failure).toEqual({ kind: 'cancelled' });
  expectNothingKept(result);
});

test('a disk that takes no more is no fault of the server', async () => {
  const result = await run(() => undefined, { failsToWrite: true });
  expect(result.failure).toEqual({ kind: 'local', detail: 'no space left' });
  expect(result.passages).toHaveLength(1);
  expectNothingKept(result);
});
