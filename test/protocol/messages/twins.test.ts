import fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { decodeEntry } from '#sealift/protocol/messages/entry.js';
import { parseInterim, parseReply, type ReplyKind } from '#sealift/protocol/messages/reply.js';
import { parseRequest } from '#sealift/protocol/messages/request.js';

// docs/protocol.md once more, as schemas of a library that others wrote: the program's own rules take, refuse and leave
// out the same, and say of the same field that it is wrong.

type Header = Record<string, unknown>;

const text = z.string();
const flag = z.boolean();
const integer = z.int();
const count = z.int().min(0);
const md5 = z.string().regex(/^[0-9a-f]{32}$/);
const root = z.string().regex(/^[0-9a-f]{64}$/);
const id = z.optional(
  z.union([integer, text.refine((id) => Buffer.byteLength(JSON.stringify(id)) <= 16_384)]),
);
const payload = text.max(1_024);
const link = z.string().regex(/^[0-9a-f]{12}$/);
const uses = z.int().min(1).max(1_000);
const ok = z.literal(true);
const wanted = { name: text, fresh: z.optional(flag), progress: z.optional(flag) };

const argument = text.regex(/^[^\0\p{Cs}]*$/u);

const REQUESTS: Record<string, z.ZodType<Header>> = {
  exec: z
    .object({
      op: z.literal('exec'),
      id,
      argv: z.optional(
        z
          .array(argument)
          .min(1)
          .max(1_024)
          .refine(([first]) => first !== ''),
      ),
      shell: z.optional(argument.min(1)),
    })
    .refine(({ argv, shell }) => (argv === undefined) !== (shell === undefined)),
  get: z.object({
    op: z.literal('get'),
    id,
    name: text,
    offset: z.optional(count),
    length: z.optional(count),
    ifMd5: z.optional(md5),
    defer: z.optional(flag),
  }),
  hello: z.object({
    op: z.literal('hello'),
    id,
    versions: z.optional(z.array(integer)),
    token: z.optional(text),
    share: z.optional(text.max(2_048)),
    session: z.optional(text.max(128)),
  }),
  list: z.object({
    op: z.literal('list'),
    id,
    pattern: z.optional(text),
    after: z.optional(text),
    limit: z.optional(z.int().min(1).max(1_000)),
  }),
  manifest: z.object({ op: z.literal('manifest'), id, ...wanted }),
  ping: z.object({ op: z.literal('ping'), id, payload: z.optional(payload) }),
  revoke: z.object({ op: z.literal('revoke'), id, link }),
  share: z.object({
    op: z.literal('share'),
    id,
    pattern: text,
    expires: z.optional(z.int().min(1).max(315_360_000)),
    uses: z.optional(uses),
  }),
  shares: z.object({
    op: z.literal('shares'),
    id,
    after: z.optional(link),
    limit: z.optional(z.int().min(1).max(1_000)),
  }),
  stat: z.object({ op: z.literal('stat'), id, ...wanted }),
};

const REPLIES: Record<ReplyKind, z.ZodType<Header>> = {
  get: z
    .object({
      ok,
      id,
      name: text,
      type: text,
      size: count,
      md5: md5.nullable(),
      root: z.optional(root),
      deferred: z.optional(flag),
      mtime: integer,
      offset: count,
      length: count,
    })
    .refine((reply) => reply.offset + reply.length <= reply.size)
    .refine((reply) => (reply.md5 === null) === (reply.deferred === true)),
  trailer: z.object({ ok, id, md5 }),
  exec: z.object({ ok, id }),
  hello: z.object({
    ok,
    id,
    version: integer,
    server: text,
    limits: z.record(text, z.unknown()),
    capabilities: z.array(text),
  }),
  list: z.object({ ok, id, count: count.max(1_000), length: count.max(4_096_000), next: text.nullable() }),
  manifest: z
    .object({
      ok,
      id,
      name: text,
      size: count,
      md5,
      digest: z.literal('blake3'),
      chunkSize: z.int().min(1),
      count,
      length: count,
    })
    .refine((reply) => reply.count === Math.ceil(reply.size / reply.chunkSize))
    .refine((reply) => reply.length === reply.count * 32),
  ping: z.object({ ok, id, payload }),
  revoke: z.object({ ok, id }),
  share: z.object({
    ok,
    id,
    link,
    capability: z.string().regex(/^[A-Za-z0-9_-]{1,2048}$/),
    pattern: text,
    expiresAt: integer.nullable(),
    uses: uses.nullable(),
    tls: z.optional(z.literal(true)),
    fingerprint: z.optional(z.string().regex(/^[0-9a-f]{64}$/)),
  }),
  shares: z.object({ ok, id, count: count.max(1_000), length: count.max(8_192_000), next: link.nullable() }),
  stat: z.object({
    ok,
    id,
    name: text,
    type: text,
    size: count,
    md5,
    root: z.optional(root),
    mtime: integer,
  }),
};

const ENTRY = z.object({
  name: text,
  type: text,
  size: count,
  md5: md5.nullable(),
  mtime: integer,
  verifiedAt: z.optional(integer.nullable()),
  rotten: z.optional(flag),
});
const INTERIM = z.object({ id, hashing: z.object({ done: count, size: count }) });

const MD5 = '0123456789abcdef0123456789abcdef';
/** Values that some field takes, at its bounds and just beyond them. */
const VALUES: unknown[] = [
  ...['', 'a', 'blake3', MD5, MD5.toUpperCase(), `${MD5}\n`, MD5 + MD5, `${MD5}${MD5}0`, 'ok', '5'],
  ...[
    'x'.repeat(1_024),
    'x'.repeat(1_025),
    'x'.repeat(2_048),
    'x'.repeat(2_049),
    'x'.repeat(128),
    'x'.repeat(129),
    '0123456789ab',
    'x'.repeat(16_382),
    'x'.repeat(16_383),
    '\u0001'.repeat(2_731),
  ],
  ...[0, -0, 1, 5, 32, 64, 1_000, 1_001, 4_096_000, 4_096_001, 1_048_576, 1_048_577, -1, 0.5, 1e308],
  ...[
    315_360_000,
    315_360_001,
    8_192_000,
    8_192_001,
    2 ** 53 - 1,
    2 ** 53,
    1 - 2 ** 53,
    -(2 ** 53),
    2 ** 31,
    2 ** 32,
  ],
  ...[true, false, null, [], [1], ['a'], [1, 'a'], {}, { a: 1 }, { done: 1, size: 5 }, { done: 5 }],
  ...[
    { done: -1, size: 5 },
    { done: 1, size: 5, later: 1 },
    { done: '1', size: 5 },
  ],
];
const FIELDS = [
  ...[
    'op',
    'ok',
    'id',
    'name',
    'type',
    'size',
    'md5',
    'root',
    'deferred',
    'mtime',
    'offset',
    'length',
    'ifMd5',
  ],
  ...[
    'defer',
    'fresh',
    'progress',
    'pattern',
    'after',
    'limit',
    'payload',
    'versions',
    'token',
    'share',
    'session',
    'expires',
    'uses',
    'link',
    'capability',
    'tls',
    'fingerprint',
    'expiresAt',
    'version',
    'server',
  ],
  ...[
    'limits',
    'capabilities',
    'count',
    'next',
    'digest',
    'chunkSize',
    'verifiedAt',
    'rotten',
    'hashing',
    'later',
    'argv',
    'shell',
  ],
  ...['__proto__', 'constructor'],
];

/** Headers that are right, but for a few fields that are another value, missing, or more. */
function nearly(right: Header): fc.Arbitrary<Header> {
  const value = fc.oneof(fc.constantFrom(...VALUES), fc.jsonValue({ maxDepth: 2 }));
  const field = fc.oneof(fc.constantFrom(...Object.keys(right)), fc.constantFrom(...FIELDS));
  const change = fc.tuple(field, fc.option(value, { nil: undefined }));
  return fc.array(change, { maxLength: 3 }).map((changes) => {
    const entries = new Map([...Object.entries(right), ...changes]);
    const present = [...entries].filter(([, value]) => value !== undefined);
    // As it is parsed: with a field `__proto__` that is one like others.
    return JSON.parse(
      `{${present.map(([field, value]) => `${JSON.stringify(field)}:${JSON.stringify(value)}`)}}`,
    ) as Header;
  });
}

function outcome(parse: () => unknown): { taken: unknown } | { says: string } {
  try {
    return { taken: parse() };
  } catch (error) {
    const cause = (error as Error).cause as Error | undefined;
    return { says: (cause ?? (error as Error)).message };
  }
}

function sameAs(twin: z.ZodType, header: Header, parse: () => unknown): void {
  const expected = twin.safeParse(header);
  const found = outcome(parse);
  if (expected.success) {
    expect(found).toEqual({ taken: expected.data });
    const { taken } = found as { taken: object };
    expect(Object.keys(taken)).toEqual(Object.keys(expected.data as object));
    return;
  }
  const path = expected.error.issues[0]?.path.join('.');
  expect(found).toEqual({ says: expect.any(String) });
  if (path) expect((found as { says: string }).says).toMatch(new RegExp(`(^|: )${path}: [^\n]+$`));
}

const RIGHT_REQUESTS: Header[] = [
  { op: 'exec', id: 1, argv: ['ls', '-l'] },
  { op: 'exec', shell: 'ls' },
  { op: 'get', id: 1, name: 'a', offset: 0, length: 5, ifMd5: MD5, defer: true },
  { op: 'stat', id: 'x', name: 'a', fresh: true, progress: false },
  { op: 'manifest', name: 'a', fresh: true, progress: false },
  { op: 'list', id: -5, pattern: '*', after: 'a', limit: 1 },
  { op: 'ping', payload: 'ahoy' },
  { op: 'hello', versions: [1, 2], token: 'secret' },
  { op: 'hello', share: 'Ad-_9', session: 's' },
  { op: 'share', pattern: 'a/**', expires: 60, uses: 3 },
  { op: 'shares', after: '0123456789ab', limit: 5 },
  { op: 'revoke', link: '0123456789ab' },
];

test.each(RIGHT_REQUESTS)('requests as $op', (right) => {
  fc.assert(
    fc.property(nearly(right), (header) => {
      // What is said of an op, and of a length, is not a matter of one schema.
      if (typeof header.op !== 'string' || !Object.hasOwn(REQUESTS, header.op)) return;
      const twin = REQUESTS[header.op] as z.ZodType;
      if (header.length !== undefined && !count.safeParse(header.length).success) return;
      sameAs(twin, header, () => parseRequest(header));
    }),
    { numRuns: 1_000 },
  );
});

const FILE = { name: 'a', type: 'text/plain', size: 5, md5: MD5, mtime: -1 };
const RIGHT_REPLIES: [ReplyKind, Header][] = [
  ['get', { ok: true, id: 1, ...FILE, root: MD5 + MD5, offset: 0, length: 5 }],
  ['get', { ok: true, ...FILE, md5: null, deferred: true, offset: 0, length: 5 }],
  ['trailer', { ok: true, md5: MD5 }],
  ['exec', { ok: true, id: 1 }],
  ['stat', { ok: true, ...FILE, root: MD5 + MD5 }],
  ['list', { ok: true, count: 5, length: 64, next: null }],
  ['ping', { ok: true, payload: 'ahoy' }],
  ['share', { ok: true, link: '0123456789ab', capability: 'Ad-_9', pattern: 'a', expiresAt: 5, uses: 3 }],
  [
    'share',
    {
      ok: true,
      link: '0123456789ab',
      capability: 'A',
      pattern: 'a',
      expiresAt: null,
      uses: null,
      tls: true,
      fingerprint: 'a1'.repeat(32),
    },
  ],
  ['shares', { ok: true, count: 5, length: 64, next: '0123456789ab' }],
  ['revoke', { ok: true, id: 1 }],
  [
    'manifest',
    {
      ok: true,
      name: 'a',
      size: 1_048_577,
      md5: MD5,
      digest: 'blake3',
      chunkSize: 1_048_576,
      count: 2,
      length: 64,
    },
  ],
  ['hello', { ok: true, version: 1, server: 'x', limits: { name: 1_024 }, capabilities: ['get'] }],
];

test.each(RIGHT_REPLIES)('replies as %s', (kind, right) => {
  fc.assert(
    fc.property(nearly(right), (header) => {
      if (header.ok === false) return;
      sameAs(REPLIES[kind], header, () => parseReply(kind, header));
    }),
    { numRuns: 1_000 },
  );
});

test('entries', () => {
  fc.assert(
    fc.property(nearly({ ...FILE, verifiedAt: 7, rotten: false }), (fields) => {
      sameAs(ENTRY, fields, () => decodeEntry(Buffer.from(JSON.stringify(fields))));
    }),
    { numRuns: 2_000 },
  );
});

test('interim frames', () => {
  fc.assert(
    fc.property(nearly({ hashing: { done: 1, size: 5 } }), (header) => {
      if (header.ok !== undefined || header.hashing === undefined) return;
      const twin = INTERIM.transform(({ hashing }) => hashing);
      sameAs(twin, header, () => parseInterim(header));
    }),
    { numRuns: 1_000 },
  );
});
