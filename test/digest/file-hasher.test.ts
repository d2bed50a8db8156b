import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ChunkHasher } from '#sealift/digest/chunk-hasher.js';
import { digestsOfSmall, FileHasher } from '#sealift/digest/file-hasher.js';
import { CHUNK_SIZE, chunkCount, hasManifest } from '#sealift/digest/manifest.js';
import { CHUNK, digestsOf, manifestOf, someBytes } from '../helpers/files.js';

const SIZES = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 70_000];

async function manifestBy(content: Buffer, cuts: number[]): Promise<Buffer> {
  const hasher = await ChunkHasher.create();
  const bounds = [0, ...cuts.toSorted((a, b) => a - b), content.length];
  for (const [at, end] of bounds.entries()) if (at > 0) hasher.update(content.subarray(bounds[at - 1], end));
  return hasher.manifest();
}

describe('ChunkHasher', () => {
  test.each(SIZES)('a file of %i bytes, at once', async (size) => {
    const content = someBytes(size);
    expect((await manifestBy(content, [])).equals(manifestOf(content))).toBe(true);
  });

  test('byte by byte across the end of a chunk', async () => {
    const content = someBytes(CHUNK + 50);
    const cuts = Array.from({ length: 100 }, (_, at) => CHUNK - 50 + at);
    expect((await manifestBy(content, cuts)).equals(manifestOf(content))).toBe(true);
  });

  test('pieces of any size', async () => {
    const content = someBytes(3 * CHUNK + 70_000);
    const expected = manifestOf(content);
    const cuts = fc.array(fc.nat(content.length), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(cuts, async (at) => {
        expect((await manifestBy(content, at)).equals(expected)).toBe(true);
      }),
      { numRuns: 20 },
    );
  });

  test('more chunks than it has room for at first', async () => {
    const content = Buffer.alloc(130 * CHUNK);
    expect((await manifestBy(content, [])).equals(manifestOf(content))).toBe(true);
  });
});

test.each(SIZES)('all digests of a file of %i bytes in one pass', async (size) => {
  const content = someBytes(size);
  const hasher = await FileHasher.create(size);
  for (let at = 0; at < size; at += 300_000) hasher.update(content.subarray(at, at + 300_000));
  expect(await hasher.digests()).toEqual(digestsOf(content));
});

test('small files, several at once', async () => {
  const contents = [0, 1, 500, 65_536].map((size) => someBytes(size, size + 1));
  expect(await Promise.all(contents.map(digestsOfSmall))).toEqual(contents.map(digestsOf));
});

test('a file of 2 TiB has a manifest, one that is a byte larger has none', async () => {
  expect(hasManifest(2 ** 41)).toBe(true);
  expect(hasManifest(2 ** 41 + 1)).toBe(false);
  expect(hasManifest(Number.MAX_SAFE_INTEGER)).toBe(false);
  expect([0, 1, CHUNK_SIZE, CHUNK_SIZE + 1].map(chunkCount)).toEqual([0, 1, 1, 2]);
  const hasher = await FileHasher.create(2 ** 41 + 1);
  hasher.update(Buffer.from('hello'));
  expect(await hasher.digests()).toEqual({ ...digestsOf('hello'), root: null, manifest: null });
});
