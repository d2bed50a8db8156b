import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parsePartName, partName, partTag, versionOf } from '#sealift/client/part-name.js';
import { OWNER } from '#sealift/client/part-owner.js';
import { md5 } from '../helpers/files.js';

const SEED = 20_260_101;
const VERSION = versionOf(md5('hello'));

test(`a name tells its target, its version and who writes it (seed ${SEED})`, () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.constantFrom(null, VERSION), (file, version) => {
      const name = partName(file, version);
      expect(parsePartName(name)).toEqual({ tag: partTag(file), version, owner: OWNER });
      expect(name).toMatch(/^\.sealift-.*\.part$/);
      // Fits where the target's own name is as long as a name can be.
      expect(name.length).toBeLessThan(128);
    }),
    { seed: SEED },
  );
});

test('two names of one target differ, and two targets have two tags', () => {
  expect(partName('f', VERSION)).not.toBe(partName('f', VERSION));
  expect(partTag('f')).toBe(partTag('f'));
  expect(partTag('f')).not.toBe(partTag('F'));
});

test('what a part file is not called', () => {
  const name = partName('f', VERSION);
  for (const other of [
    'f',
    '',
    '.sealift-x.part',
    '.sealift-index',
    `x${name}`,
    `${name}x`,
    `${name}\n`,
    name.toUpperCase(),
    name.replace('.part', ''),
    name.replace(String(OWNER.pid), '-1'),
    name.replace(String(OWNER.pid), '12345678901'),
    `../${name}`,
  ]) {
    expect(parsePartName(other), other).toBeNull();
  }
});
