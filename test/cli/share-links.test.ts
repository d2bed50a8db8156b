import { expect, test } from 'vitest';
import { splitLink, withoutLinks } from '#sealift/cli/share-links.js';

test.each(['sealift://SECRET@nas:9696', 'SEALIFTS://SECRET@nas', 'https://me:SECRET@nas/a.txt'])(
  'the address of a server is no name that is sent to another one: %s',
  (address) => {
    expect(() => splitLink('nas', ['a.txt', address])).toThrow(/^the address of a server stands behind -s/);
  },
);

test('what is shown of words has no token and no capability in it', () => {
  expect(withoutLinks('too many arguments: sealift://SECRET@nas:1 "http://a:SECRET@b" x@2.png')).toBe(
    'too many arguments: sealift://…@nas:1 "http://…@b" x@2.png',
  );
  expect(withoutLinks('https://nas/.sealift/share/SECRET/#sha256:00')).toBe('https://nas/.sealift/share/…');
});
