import { expect, test } from 'vitest';
import { ALGORITHMS, createHasher, HEX_LENGTH } from '#sealift/digest/algorithm.js';
import { someBytes } from '../helpers/files.js';

const OF_HELLO = {
  md5: '5d41402abc4b2a76b9719d911017c592',
  sha256: '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824',
  blake3: 'ea8f163db38682925e4491c5e58d4bb3506ef8c14eb78a86e908c5624a67200f',
};
const OF_NOTHING = {
  md5: 'd41d8cd98f00b204e9800998ecf8427e',
  sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  blake3: 'af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262',
};

test.each(ALGORITHMS)('%s', async (algorithm) => {
  expect(await (await createHasher(algorithm)).hex()).toBe(OF_NOTHING[algorithm]);
  const hasher = await createHasher(algorithm);
  hasher.update(Buffer.from('hel'));
  hasher.update(Buffer.alloc(0));
  hasher.update(Buffer.from('lo'));
  const hex = hasher.hex();
  expect(hex).toBe(OF_HELLO[algorithm]);
  expect(hex).toHaveLength(HEX_LENGTH[algorithm]);
});

test.each(ALGORITHMS)('%s: hashers at work at the same time do not mix', async (algorithm) => {
  const [first, second] = [await createHasher(algorithm), await createHasher(algorithm)];
  first.update(Buffer.from('hel'));
  second.update(someBytes(100_000));
  first.update(Buffer.from('lo'));
  expect(first.hex()).toBe(OF_HELLO[algorithm]);
});
