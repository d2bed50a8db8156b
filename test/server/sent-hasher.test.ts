import { expect, onTestFinished, test } from 'vitest';
import { SentHasher } from '#sealift/server/sent-hasher.js';
import { digestsOf, someBytes } from '../helpers/files.js';

const LARGE = 8 << 20;

async function hasherOf(size: number): Promise<SentHasher> {
  const hasher = await SentHasher.create(size);
  onTestFinished(() => hasher.close());
  return hasher;
}

test.each([0, 1, 100_000, LARGE - 1, LARGE, LARGE + 100_000])(
  'digests of %i bytes, in pieces',
  async (size) => {
    const content = someBytes(size);
    const hasher = await hasherOf(size);
    for (let at = 0; at < size; at += 300_000) await hasher.update(content.subarray(at, at + 300_000));
    expect(await hasher.digests()).toEqual(digestsOf(content));
  },
);

test('what is large is hashed elsewhere, two at a time; the rest at once', async () => {
  const bytes = Buffer.alloc(1_000);
  const hashers = [await hasherOf(LARGE), await hasherOf(LARGE), await hasherOf(LARGE), await hasherOf(100)];
  const taken = hashers.map((hasher) => hasher.update(bytes));
  expect(taken.map((one) => one instanceof Promise)).toEqual([true, true, false, false]);
  await Promise.all(taken);
});

test('one that is closed in the middle lets go of all that it was given, and leaves its thread to the next', async () => {
  for (let round = 0; round < 5; round++) {
    const hasher = await SentHasher.create(LARGE);
    const taken = Array.from({ length: 4 }, () => hasher.update(Buffer.alloc(500_000)));
    expect(taken.every((one) => one instanceof Promise)).toBe(true);
    let settled = 0;
    for (const one of taken) one?.finally(() => settled++);
    await hasher.close();
    expect(settled).toBe(4);
  }
});
