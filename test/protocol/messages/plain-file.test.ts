import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeHeader } from '#sealift/protocol/header-json.js';
import { decodeEntry, encodeEntry } from '#sealift/protocol/messages/entry.js';
import { encodePlainFile, PlainFile } from '#sealift/protocol/messages/plain-file.js';
import { decodeReply, parseReply } from '#sealift/protocol/messages/reply.js';

const hex = (length: number) => fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`));
const facts = fc.record({
  name: fc.oneof(fc.constant('a/b.png'), fc.string({ unit: 'grapheme' })),
  type: fc.oneof(fc.constant('image/png'), fc.string()),
  // The last one is no integer that is sure to be the one that was sent.
  size: fc.oneof(fc.nat(), fc.maxSafeNat(), fc.constant(2 ** 53)),
  md5: hex(32),
  root: fc.option(hex(64)),
  mtime: fc.oneof(fc.integer(), fc.maxSafeInteger()),
});
/** What breaks a message, or nearly does. */
const scrap = fc.oneof(
  ...[
    '',
    '"',
    '\\',
    '\\"',
    '\\u0061',
    '{',
    '}',
    '0',
    '-',
    '-0',
    '00',
    '9999999999',
    '1.0',
    '1e3',
    ' ',
    ',',
    'é',
  ].map((text) => fc.constant(text)),
  ...['\0', '\n', '\x7f', '\u2028', '"size":5,', '"later":1,', '"id":7,', 'null', 'true'].map((text) =>
    fc.constant(text),
  ),
);

/** `text` with something put in place of some of it. */
const damaged = (text: string) =>
  fc
    .tuple(fc.nat(text.length), fc.nat(3), scrap)
    .map(([at, cut, put]) => text.slice(0, at) + put + text.slice(at + cut));

function outcome(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return String(error);
  }
}

test('a reply in its usual form is read as any other', () => {
  const text = facts.chain((facts) => {
    const plain = encodePlainFile(facts);
    return fc.oneof(fc.constant(plain), damaged(plain));
  });
  fc.assert(
    fc.property(text, (text) => {
      const bytes = Buffer.from(text);
      const quick = outcome(() => ({ ...parseReply('get', decodeReply(bytes)) }));
      expect(quick).toEqual(outcome(() => parseReply('get', decodeHeader(bytes))));
    }),
    { numRuns: 2_000 },
  );
});

test('the usual form is what a server sends', () => {
  const facts = { name: 'ö/"b', type: 'image/png', size: 5, md5: '0'.repeat(32), mtime: -1 };
  const header = { ok: true, ...facts, offset: 0, length: 5 };
  expect(JSON.parse(encodePlainFile({ ...facts, root: null }))).toEqual(header);
  const plain = encodePlainFile({ ...facts, name: 'ö/b', root: '1'.repeat(64) });
  expect(PlainFile.of(Buffer.from(plain))).toMatchObject({ name: 'ö/b', root: '1'.repeat(64), mtime: -1 });
});

test.each([
  ['a part of the file', '"length":5}', '"length":4}'],
  ['a number of many digits', '"size":5,', '"size":9007199254740993,'],
  ['a negative length', '"length":5}', '"length":-5}'],
  ['an escaped character', '"name":"ab"', '"name":"a\\u0062"'],
  ['a field twice', '"size":5,', '"size":5,"size":5,'],
  ['a later field', '"mtime":0,', '"mtime":0,"later":1,'],
])('%s: a closer look is taken', (_what, usual, other) => {
  const plain = encodePlainFile({
    ...{ name: 'ab', type: 't', size: 5, mtime: 0 },
    ...{ md5: '0'.repeat(32), root: '1'.repeat(64) },
  });
  expect(plain).toContain(usual);
  expect(PlainFile.of(Buffer.from(plain))).not.toBeNull();
  // The same number in both places, where there is one.
  const size = /"size":(\d{16}),/.exec(other)?.[1];
  const changed = plain.replace(usual, other);
  const text = size === undefined ? changed : changed.replace('"length":5}', `"length":${size}}`);
  expect(PlainFile.of(Buffer.from(text))).toBeNull();
});

test('a reply that is not valid UTF-8 is none', () => {
  const plain = encodePlainFile({
    name: 'ab',
    type: 't',
    size: 5,
    md5: '0'.repeat(32),
    root: '1'.repeat(64),
    mtime: 0,
  });
  const bytes = Buffer.from(plain);
  bytes[bytes.indexOf('ab')] = 0xff;
  expect(() => decodeReply(bytes)).toThrow('not valid UTF-8');
});

test('a line of a listing in its usual form is read as any other', () => {
  const text = facts.chain(({ root: _, ...facts }) => {
    const line = encodeEntry({ ...facts, verifiedAt: facts.mtime }).trimEnd();
    return fc.oneof(fc.constant(line), damaged(line));
  });
  fc.assert(
    fc.property(text, (text) => {
      // A space is no part of the usual form, and means nothing.
      const careful = outcome(() => decodeEntry(Buffer.from(` ${text}`)));
      expect(outcome(() => decodeEntry(Buffer.from(text)))).toEqual(careful);
    }),
    { numRuns: 2_000 },
  );
});
