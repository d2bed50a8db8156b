import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareNames, Pattern } from '#sealift/protocol/index.js';
import { type ListQuery, ScopedStore, type SmallFiles, type Store } from '#sealift/store/index.js';
import { putFile } from '../helpers/files.js';
import { openStore } from '../helpers/store.js';
import { tempFolder } from '../helpers/temp-folder.js';
import { untilThere } from '../helpers/until.js';

const NAMES = [
  'a',
  'a.txt',
  'a/b',
  'a/b.png',
  'a/c/d.png',
  'ab/c',
  'b',
  'b/a',
  'reports/q1.csv',
  'reports/q2.csv',
  'reports2',
  '海/运',
].sort(compareNames);

async function served() {
  const folder = tempFolder();
  // `a` is a folder here.
  const names = NAMES.filter((name) => name !== 'a' && name !== 'b');
  for (const name of names) putFile(folder, name, name);
  return { store: await openStore(folder), names };
}

const scoped = (store: Store, text: string, mayBatch?: () => boolean) => {
  const pattern = new Pattern(text);
  const scope = { prefix: pattern.prefix, matches: (name: string) => pattern.matches(name) };
  return new ScopedStore(store, scope, mayBatch);
};

async function namesOf(store: Store, query: Omit<ListQuery, 'limit'>, limit: number): Promise<string[]> {
  const names: string[] = [];
  for (let after = query.after; ; ) {
    const page = await store.list({ ...query, after, limit });
    expect(page.entries.length).toBeLessThanOrEqual(limit);
    names.push(...page.entries.map(({ name }) => name));
    if (page.next === null) return names;
    after = page.next;
  }
}

const PATTERNS = [
  '**',
  'a/**',
  '*',
  'a*',
  '{a,b}/**',
  'reports/**',
  'reports/*.csv',
  'reports/q1.csv/**',
  '**/*.png',
  'x/**',
  '海/*',
  '[ab]/**',
  '',
];

test('a listing has what a naive filter has, in pages of any size', async () => {
  const { store, names } = await served();
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...PATTERNS),
      fc.constantFrom(...PATTERNS),
      fc.integer({ min: 1, max: 4 }),
      fc.oneof(fc.constant(undefined), fc.constantFrom(...NAMES)),
      async (scope, asked, limit, after) => {
        const [inScope, wanted] = [new Pattern(scope), new Pattern(asked)];
        const expected = names.filter(
          (name) =>
            inScope.matches(name) &&
            wanted.matches(name) &&
            (after === undefined || compareNames(name, after) > 0),
        );
        const query = { prefix: wanted.prefix, matches: (name: string) => wanted.matches(name), after };
        expect(await namesOf(scoped(store, scope), query, limit)).toEqual(expected);
      },
    ),
    { numRuns: 150 },
  );
});

test('a listing looks no further than what both begin with', async () => {
  const { store } = await served();
  const asked: (string | undefined)[] = [];
  const spy: Store = {
    list: (query) => {
      asked.push(query.prefix);
      return store.list(query);
    },
    open: (name) => store.open(name),
    close: async () => {},
  };
  const link = scoped(spy, 'reports/q1.csv/**');
  await link.list({ matches: () => true, limit: 10 });
  await link.list({ prefix: 'reports/', matches: () => true, limit: 10 });
  await link.list({ prefix: 'reports/q1.csv/x', matches: () => true, limit: 10 });
  expect(await link.list({ prefix: 'a/', matches: () => true, limit: 10 })).toEqual({
    entries: [],
    next: null,
  });
  expect(asked).toEqual(['reports/q1.csv', 'reports/q1.csv', 'reports/q1.csv/x']);
});

test('names outside are answered as names that do not exist, before anything is looked at', async () => {
  const { store } = await served();
  const link = scoped(store, 'reports/**');
  const messageOf = (name: string) =>
    link.open(name).then(
      () => 'opened',
      (error) => `${error.code} ${error.message.replace(name, '…')}`,
    );
  expect(await messageOf('reports/q1.csv')).toBe('opened');
  const answers = ['a/b', 'a', 'nothing', 'reports/nothing', '.sealift/x', '../x', 'a/b.png/'].map(messageOf);
  expect(new Set(await Promise.all(answers))).toEqual(new Set(['NOT_FOUND no such file: …']));
});

function isRemembered(files: SmallFiles | null, name: string): boolean {
  const isIt = Boolean(files?.remembered(name));
  files?.release();
  return isIt;
}

test('small files are read together only inside, and only when they may be', async () => {
  const { store } = await served();
  for (const name of ['reports/q1.csv', 'ab/c']) {
    const file = await store.open(name);
    await file.digests();
    await file.close();
  }
  let mayBatch = false;
  const link = scoped(store, 'reports/**', () => mayBatch);
  const whole = () => store.smallFiles();
  // Just written: for a moment nothing is vouched for.
  await untilThere(() => ['reports/q1.csv', 'ab/c'].every((name) => isRemembered(whole(), name)) || null);
  expect(link.smallFiles()).toBeNull();
  mayBatch = true;
  expect(isRemembered(link.smallFiles(), 'reports/q1.csv')).toBe(true);
  expect(isRemembered(link.smallFiles(), 'ab/c')).toBe(false);
});
