import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FrameDecoder } from '#sealift/protocol/frame-decoder.js';
import { encodeFrame } from '#sealift/protocol/frame-encoder.js';
import { ProtocolError } from '#sealift/protocol/protocol-error.js';
import { frame } from '../helpers/wire.js';

type Frame = { header: Record<string, unknown>; body: string };

/** Reads frames whose header says in `length` how long the body is, as every reader of the protocol does. */
class Reader {
  readonly decoder = new FrameDecoder();
  readonly frames: Frame[] = [];

  take(piece: Buffer): void {
    this.decoder.push(piece);
    for (let event = this.decoder.next(); event !== null; event = this.decoder.next()) {
      if (event.kind === 'header') {
        this.decoder.expectBody(Number(event.header.length ?? 0));
        this.frames.push({ header: event.header, body: '' });
      } else {
        const last = this.frames.at(-1) as Frame;
        last.body += event.bytes.toString('latin1');
        expect(event.last).toBe(last.body.length === last.header.length);
      }
    }
  }
}

function readAll(pieces: Buffer[]): Frame[] {
  const reader = new Reader();
  for (const piece of pieces) reader.take(piece);
  expect(reader.decoder.atBoundary).toBe(true);
  return reader.frames;
}

function cutAt(stream: Buffer, cuts: number[]): Buffer[] {
  const edges = [0, ...cuts.toSorted((a, b) => a - b), stream.length];
  return edges.slice(1).map((end, nth) => stream.subarray(edges[nth], end));
}

const FRAMES: Frame[] = [
  { header: { op: 'ping', payload: 'ahoy ä😀' }, body: '' },
  { header: { ok: true, length: 6 }, body: '\0\0\0\x02{}' },
  { header: {}, body: '' },
  { header: { length: 1 }, body: 'x' },
  { header: { ok: true, md5: '0'.repeat(32) }, body: '' },
];
const streamOf = (frames: Frame[]) =>
  Buffer.concat(frames.flatMap(({ header, body }) => [frame(header), Buffer.from(body, 'latin1')]));
const STREAM = streamOf(FRAMES);

test('whole', () => {
  expect(readAll([STREAM])).toEqual(FRAMES);
});

test('byte by byte', () => {
  expect(readAll([...STREAM].map((byte) => Buffer.of(byte)))).toEqual(FRAMES);
});

test('cut in two at every position', () => {
  for (let at = 0; at <= STREAM.length; at++)
    expect(readAll(cutAt(STREAM, [at])), `at ${at}`).toEqual(FRAMES);
});

const someFrame: fc.Arbitrary<Frame> = fc
  .record({
    fields: fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue({ maxDepth: 4 }), { maxKeys: 5 }),
    body: fc.uint8Array({ maxLength: 300 }),
  })
  .map(({ fields, body }) => ({
    header: { ...fields, length: body.length },
    body: Buffer.from(body).toString('latin1'),
  }));

test('any frames, cut anyhow, come out as they went in', () => {
  fc.assert(
    fc.property(
      fc.array(someFrame, { maxLength: 4 }),
      fc.array(fc.double({ min: 0, max: 1, noNaN: true })),
      (frames, cuts) => {
        const stream = Buffer.concat(
          frames.flatMap(({ header, body }) => [encodeFrame(header), Buffer.from(body, 'latin1')]),
        );
        const pieces = cutAt(
          stream,
          cuts.map((share) => Math.floor(share * stream.length)),
        );
        // As it is after JSON: −0 is 0.
        expect(readAll(pieces)).toEqual(JSON.parse(JSON.stringify(frames)));
      },
    ),
  );
});

test('cut short at every position: no frame too many, and not at a boundary but between frames', () => {
  const ends = new Set([0]);
  for (let count = 1; count <= FRAMES.length; count++) ends.add(streamOf(FRAMES.slice(0, count)).length);
  for (let at = 0; at <= STREAM.length; at++) {
    const reader = new Reader();
    reader.take(STREAM.subarray(0, at));
    expect(reader.decoder.atBoundary, `at ${at}`).toBe(ends.has(at));
    const whole = [...ends].filter((end) => end > 0 && end <= at).length;
    expect(reader.frames.length - whole).toBeLessThanOrEqual(1);
    expect(reader.frames.slice(0, whole)).toEqual(FRAMES.slice(0, whole));
  }
});

test.each([
  ['00000000', 0],
  ['00000001', 1],
  ['00010001', 65_537],
  ['7fffffff', 2_147_483_647],
  ['80000000', 2_147_483_648],
  ['ffffffff', 4_294_967_295],
])('length %s is refused before a byte of the header is there', (prefix, length) => {
  const bytes = Buffer.from(prefix, 'hex');
  for (const pieces of [[bytes], [...bytes].map((byte) => Buffer.of(byte))]) {
    expect(() => readAll(pieces)).toThrow(new ProtocolError(`not a Sealift frame: header length ${length}`));
  }
});

test('the smallest and the largest header are taken, whole and in pieces', () => {
  const largest = { a: 'x'.repeat(65_536 - '{"a":""}'.length) };
  for (const header of [{}, largest]) {
    const stream = frame(header);
    expect(readAll([stream])).toEqual([{ header, body: '' }]);
    expect(readAll(cutAt(stream, [5, 6]))).toEqual([{ header, body: '' }]);
  }
});

test('a frame whose header is no header', () => {
  expect(() => new Reader().take(frame('[]'))).toThrow(ProtocolError);
  expect(() => new Reader().take(frame('{"a":1'))).toThrow(ProtocolError);
});

test('what is behind a header may wait', () => {
  const decoder = new FrameDecoder();
  decoder.push(Buffer.concat([frame({ nth: 1 }), frame({ nth: 2 })]));
  expect(decoder.next()).toEqual({ kind: 'header', header: { nth: 1 }, size: 9 });
  expect(decoder.atBoundary).toBe(false);
  expect(() => decoder.push(frame({ nth: 3 }))).toThrow('used up');
  expect(decoder.next()).toEqual({ kind: 'header', header: { nth: 2 }, size: 9 });
  expect(decoder.next()).toBeNull();
  expect(decoder.atBoundary).toBe(true);
  decoder.push(frame({ nth: 3 }));
  expect(decoder.next()).toEqual({ kind: 'header', header: { nth: 3 }, size: 9 });
});

test('tells where it stands', () => {
  const decoder = new FrameDecoder();
  expect([decoder.inHeader, decoder.atBoundary, decoder.bodyLeft]).toEqual([false, true, 0]);
  const stream = frame({ length: 3 });
  decoder.push(stream.subarray(0, 1));
  decoder.next();
  expect([decoder.inHeader, decoder.atBoundary]).toEqual([true, false]);
  decoder.push(stream.subarray(1));
  decoder.next();
  decoder.expectBody(3);
  expect([decoder.inHeader, decoder.atBoundary, decoder.bodyLeft]).toEqual([false, false, 3]);
  decoder.push(Buffer.from('ab'));
  expect(decoder.next()).toEqual({ kind: 'body', bytes: Buffer.from('ab'), last: false });
  expect([decoder.atBoundary, decoder.bodyLeft]).toEqual([false, 1]);
  decoder.push(Buffer.from('c'));
  expect(decoder.next()).toEqual({ kind: 'body', bytes: Buffer.from('c'), last: true });
  expect([decoder.inHeader, decoder.atBoundary, decoder.bodyLeft]).toEqual([false, true, 0]);
});

test('a body is handed on without a copy', () => {
  const decoder = new FrameDecoder();
  const stream = Buffer.concat([frame({}), Buffer.from('body')]);
  decoder.push(stream);
  decoder.next();
  decoder.expectBody(4);
  const event = decoder.next();
  expect(event?.kind === 'body' && event.bytes.buffer).toBe(stream.buffer);
});

test('a body larger than any memory is only counted', () => {
  const decoder = new FrameDecoder();
  decoder.push(frame({}));
  decoder.next();
  decoder.expectBody(Number.MAX_SAFE_INTEGER);
  decoder.push(Buffer.alloc(1_000));
  decoder.next();
  expect(decoder.bodyLeft).toBe(Number.MAX_SAFE_INTEGER - 1_000);
});

test('a body can be moved out of the pieces, and what comes another way counts as well', () => {
  const decoder = new FrameDecoder();
  decoder.push(Buffer.concat([frame({ ok: true }), Buffer.from('hello wor')]));
  expect(decoder.next()?.kind).toBe('header');
  decoder.expectBody(11);
  const target = Buffer.alloc(8);
  expect(() => decoder.skipBody(1)).toThrow('used up');
  expect(decoder.readBody(target.subarray(0, 6))).toBe(6);
  expect(decoder.readBody(target)).toBe(3);
  expect(target.toString('latin1', 0, 3)).toBe('wor');
  expect(decoder.readBody(target)).toBe(0);
  expect(() => decoder.skipBody(3)).toThrow('more than the body');
  decoder.skipBody(1);
  expect(decoder.atBoundary).toBe(false);
  // Not a byte of what is behind the body.
  decoder.push(Buffer.concat([Buffer.from('d'), frame({ n: 2 })]));
  expect(decoder.readBody(target)).toBe(1);
  expect(decoder.bodyLeft).toBe(0);
  expect(decoder.next()).toMatchObject({ header: { n: 2 } });
  expect(decoder.atBoundary).toBe(true);
});
