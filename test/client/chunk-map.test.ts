import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ChunkMap } from '#sealift/client/chunk-map.js';
import { CHUNK } from '../helpers/files.js';

const SEED = 20_260_102;
const SIZE = 4 * CHUNK + 10;
const END = [CHUNK, 2 * CHUNK, 3 * CHUNK, 4 * CHUNK, SIZE];

/** The digest that chunk `index` has in the tests' manifest; `kind` another than 0 is a wrong one. */
const digest = (index: number, kind = 0) => Buffer.alloc(32, 16 * kind + index + 1);
const MANIFEST = Buffer.concat([0, 1, 2, 3, 4].map((index) => digest(index)));

test('where the chunks are', () => {
  const map = new ChunkMap(SIZE);
  expect(map).toMatchObject({ count: 5, isDivided: true, hasManifest: false, haveBytes: 0 });
  expect(map.range(0)).toEqual({ start: 0, end: CHUNK });
  expect(map.range(4)).toEqual({ start: 4 * CHUNK, end: SIZE });
  expect([0, CHUNK - 1, CHUNK, SIZE - 1].map((at) => map.indexAt(at))).toEqual([0, 0, 1, 4]);
});

test('small files, and those without a manifest, are of one piece; an empty one of none', () => {
  for (const size of [1, CHUNK, 2 ** 41 + 1]) {
    const map = new ChunkMap(size);
    expect(map).toMatchObject({ count: 1, isDivided: false });
    expect(map.range(0)).toEqual({ start: 0, end: size });
    expect(map.indexAt(size - 1)).toBe(0);
    expect(map.nextGap()).toEqual({ start: 0, end: size });
  }
  expect(new ChunkMap(0).nextGap()).toBeNull();
  expect(new ChunkMap(0).isDivided).toBe(false);
});

test('what came before the manifest is judged when it comes', () => {
  const map = new ChunkMap(SIZE);
  expect(map.received(0, digest(0))).toBe(true);
  expect(map.received(1, digest(1, 1))).toBe(true);
  expect(map.received(2, digest(2, 1))).toBe(true);
  expect(map.isThere(1)).toBe(true);
  expect(map.isGood(0)).toBe(false);
  expect(map.haveBytes).toBe(3 * CHUNK);
  expect(map.prove(MANIFEST)).toBe(1);
  expect(map).toMatchObject({ hasManifest: true, haveBytes: CHUNK });
  expect(map.isGood(0)).toBe(true);
  expect([map.nextBad(), map.nextBad(2), map.nextBad(3)]).toEqual([1, 2, null]);
  expect(map.nextGap()).toEqual({ start: 3 * CHUNK, end: SIZE });
  expect(map.received(3, digest(3))).toBe(true);
  expect(map.received(4, digest(4, 1))).toBe(false);
  expect(map.received(4, digest(4))).toBe(true);
  expect(map.haveBytes).toBe(2 * CHUNK + 10);
});

test('all right: nothing is bad', () => {
  const map = new ChunkMap(SIZE);
  for (const index of [0, 1, 2, 3, 4]) map.received(index, digest(index));
  expect(map.prove(MANIFEST)).toBeNull();
  expect(map).toMatchObject({ haveBytes: SIZE });
  expect(map.nextGap()).toBeNull();
  expect(map.nextBad()).toBeNull();
});

describe('what was found', () => {
  test('only whole chunks count, and only until they are looked at', () => {
    const map = new ChunkMap(SIZE);
    map.prove(MANIFEST);
    map.found(2 * CHUNK + 5);
    expect(map.haveBytes).toBe(2 * CHUNK);
    expect(map.isThere(0)).toBe(false);
    expect(map.nextGap()).toEqual({ start: 2 * CHUNK, end: SIZE });
    expect(map.nextFound(0)).toBe(0);
    expect(map.checkFound(0, digest(0, 1))).toBe(false);
    expect(map.checkFound(1, digest(1))).toBe(true);
    expect(map.nextFound(0)).toBeNull();
    expect(map.haveBytes).toBe(CHUNK);
    expect(map.nextGap()).toEqual({ start: 0, end: CHUNK });
  });

  test('a last chunk that is short counts too, and never more than there is', () => {
    const map = new ChunkMap(SIZE);
    map.found(SIZE);
    expect(map.haveBytes).toBe(SIZE);
    const longer = new ChunkMap(SIZE);
    longer.found(2 * SIZE);
    expect(longer.haveBytes).toBe(SIZE);
  });
});

test('a manifest that came wrong makes what seemed bad as good as missing', () => {
  const map = new ChunkMap(SIZE);
  const wrong = Buffer.from(MANIFEST);
  wrong[33] = 0;
  map.prove(wrong);
  for (const index of [0, 1, 2, 3, 4]) map.received(index, digest(index));
  expect(map.nextBad()).toBe(1);
  expect(map.isManifest(wrong)).toBe(true);
  expect(map.isManifest(MANIFEST)).toBe(false);
  map.proveAgain(MANIFEST);
  expect(map.nextBad()).toBeNull();
  expect(map.nextGap()).toEqual({ start: CHUNK, end: 2 * CHUNK });
  expect(map.received(1, digest(1))).toBe(true);
  expect(map.haveBytes).toBe(SIZE);
});

test(`bytes that are there are counted right, whatever happens (seed ${SEED})`, () => {
  const index = fc.integer({ min: 0, max: 4 });
  const step = fc.oneof(
    fc.record({ does: fc.constant('received' as const), index, kind: fc.integer({ min: 0, max: 1 }) }),
    fc.record({ does: fc.constant('found' as const), bytes: fc.integer({ min: 0, max: SIZE + CHUNK }) }),
    fc.record({ does: fc.constant('check' as const), kind: fc.integer({ min: 0, max: 1 }) }),
    fc.record({ does: fc.constant('prove' as const) }),
    fc.record({ does: fc.constant('claim' as const), index, most: fc.integer({ min: 1, max: 5 }) }),
    fc.record({ does: fc.constant('release' as const), start: index, end: index }),
    fc.record({ does: fc.constant('again' as const) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const map = new ChunkMap(SIZE);
      // What the digest of each chunk is, if it is there: 0 right, 1 wrong, 2 not looked at.
      const there: (0 | 1 | 2 | null)[] = [null, null, null, null, null];
      let isProven = false;
      for (const step of steps) {
        if (step.does === 'received') {
          const isRight = map.received(step.index, digest(step.index, step.kind));
          expect(isRight).toBe(!isProven || step.kind === 0);
          there[step.index] = step.kind === 0 ? 0 : isProven ? null : 1;
        } else if (step.does === 'found') {
          map.found(step.bytes);
          for (const at of there.keys()) if ((END[at] ?? 0) <= step.bytes) there[at] = 2;
        } else if (step.does === 'prove') {
          map.prove(MANIFEST);
          isProven = true;
          for (const [at, kind] of there.entries()) if (kind === 1) there[at] = null;
        } else if (step.does === 'claim') {
          map.claim(step.index, step.most);
        } else if (step.does === 'release') {
          map.release({ start: step.start * CHUNK, end: (step.end + 1) * CHUNK });
        } else if (!isProven) {
          // All others need the manifest.
        } else if (step.does === 'again') {
          map.proveAgain(MANIFEST);
        } else {
          const found = map.nextFound(0);
          expect(found).toBe(there.includes(2) ? there.indexOf(2) : null);
          if (found === null) continue;
          map.checkFound(found, digest(found, step.kind));
          there[found] = step.kind === 0 ? 0 : null;
        }
        const missing = map.missingCount;
        expect(missing).toBe(countMissing(map));
        const bytes = there.map((kind, at) => (kind === null ? 0 : (END[at] ?? 0) - at * CHUNK));
        expect(map.haveBytes).toBe(bytes.reduce((sum, count) => sum + count, 0));
        for (const at of there.keys()) expect(map.isThere(at)).toBe(there[at] === 0 || there[at] === 1);
      }
    }),
    { seed: SEED },
  );
});

/** By claiming each and letting go of it again. */
function countMissing(map: ChunkMap): number {
  const missing = [0, 1, 2, 3, 4].filter((index) => map.claimOne(index));
  for (const index of missing) map.release(map.range(index));
  return missing.length;
}
