import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { connect } from '#sealift/index.js';
import { type CliResult, sealift } from '../helpers/cli.js';
import { everythingIn, putFile, someBytes } from '../helpers/files.js';
import { localServer } from '../helpers/in-process.js';
import { tempFolder } from '../helpers/temp-folder.js';

const FAULTS = fileURLToPath(new URL('../helpers/fault-fs.js', import.meta.url));
const COUNT = 40;
const content = (at: number) => someBytes(3_000 + at, at + 1);
const nameOf = (at: number) => `d${at % 4}/f${at}`;

async function setUp() {
  const [storage, cwd] = [tempFolder(), tempFolder()];
  for (let at = 0; at < COUNT; at++) putFile(storage, nameOf(at), content(at));
  const { url } = await localServer(storage);
  const downloads = join(cwd, 'downloads');
  const fetch = (fault: Record<string, string>, ...args: string[]): Promise<CliResult> =>
    sealift(['fetch', 'd*/**', '-s', url, '-q', ...args], {
      cwd,
      env: { FAULT_PATH: 'downloads', ...fault },
      nodeArgs: ['--import', FAULTS],
    });
  return { downloads, fetch };
}

/** Each file is right or not there, and nothing else is. Returns how many are there. */
function countRight(downloads: string): number {
  let count = 0;
  for (let at = 0; at < COUNT; at++) {
    const path = join(downloads, nameOf(at));
    if (!existsSync(path)) continue;
    expect(readFileSync(path).equals(content(at)), path).toBe(true);
    count++;
  }
  expect(everythingIn(downloads).filter((path) => !path.endsWith('/'))).toHaveLength(count);
  return count;
}

test.each([
  ['open', 'EACCES', 20],
  ['open', 'EMFILE', 30],
  ['write', 'ENOSPC', 15],
  ['write', 'EIO', 1],
  ['utimes', 'EIO', 4],
  ['close', 'EIO', 9],
  ['sync', 'EIO', 11],
  ['folder-sync', 'EIO', 6],
  ['link', 'EIO', 21],
  ['link', 'EACCES', 1],
  ['mkdir', 'ENOSPC', 3],
  ['lstat', 'EIO', 1],
  ['statfs', 'EIO', 2],
])('each %s fails with %s, from number %i on: some come, the others are told of', async (op, code, nth) => {
  const { downloads, fetch } = await setUp();
  const { code: exit, stderr } = await fetch({ FAULT_OP: op, FAULT_CODE: code, FAULT_NTH: String(nth) });
  const lines = stderr.split('\n').filter((line) => line !== '' && !line.startsWith('[fault]'));
  expect(stderr).not.toContain('bug in Sealift');
  const failed = lines.filter((line) => line.startsWith('failed')).length;
  expect(failed).toBe(lines.length);
  expect(exit).toBe(failed > 0 ? 7 : 0);
  if (existsSync(downloads)) {
    const count = countRight(downloads);
    // A name that is not synced stays, and success is not reported for it.
    if (op !== 'folder-sync') expect(count + failed).toBe(COUNT);
    else expect(failed).toBeGreaterThan(0);
  }
  expect((await fetch({ FAULT_LIST: '1' })).code).toBe(0);
  expect(countRight(downloads)).toBe(COUNT);
});

test.each([
  ['write', 'ENOSPC'],
  ['sync', 'EIO'],
  ['link', 'EIO'],
  ['open', 'EACCES'],
])('one %s fails with %s: it is told of, or made good', async (op, code) => {
  const { downloads, fetch } = await setUp();
  const { code: exit, stderr } = await fetch({
    FAULT_OP: op,
    FAULT_CODE: code,
    FAULT_NTH: '17',
    FAULT_ONCE: '1',
  });
  const failed = stderr.split('\n').filter((line) => line.startsWith('failed')).length;
  expect([exit, countRight(downloads)]).toEqual([failed > 0 ? 7 : 0, COUNT - failed]);
  // What was lost by a failed fsync is not asked of the same bytes again.
  if (op === 'sync') expect(failed).toBe(1);
});

test('short writes, and a file system without hard links', async () => {
  for (const fault of [
    { FAULT_OP: 'short-write' },
    { FAULT_OP: 'link', FAULT_CODE: 'EPERM' },
    { FAULT_OP: 'utimes', FAULT_CODE: 'EINVAL' },
  ]) {
    const { downloads, fetch } = await setUp();
    expect((await fetch(fault)).code).toBe(0);
    expect(countRight(downloads)).toBe(COUNT);
  }
});

test('a disk with no room: refused before anything is written', async () => {
  const { downloads, fetch } = await setUp();
  const { code, stderr } = await fetch({ FAULT_OP: 'statfs', FAULT_CODE: 'ENOSPC' });
  expect([code, countRight(downloads)]).toEqual([7, 0]);
  expect(stderr.match(/no space left/g)).toHaveLength(COUNT);
});

const segment = fc.stringMatching(/^[a-c]{1,2}$/);
const aName = fc.array(segment, { minLength: 1, maxLength: 4 }).map((segments) => segments.join('/'));
const aSize = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 0, max: 9_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: (1 << 20) - 1, max: (1 << 20) + 1 }) },
);

test('any tree, fetched over any part of another one, becomes the same or is refused', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.dictionary(aName, aSize, { maxKeys: 25 }),
      fc.dictionary(aName, fc.constantFrom('same', 'other', 'old size'), { maxKeys: 6 }),
      fc.boolean(),
      async (asked, found, force) => {
        // No name may be a folder of another.
        const names = Object.keys(asked).filter(
          (name) => !Object.keys(asked).some((n) => name.startsWith(`${n}/`)),
        );
        const files = Object.fromEntries(
          names.map((name, at) => [name, someBytes(asked[name] ?? 0, at + 1)]),
        );
        const [storage, dir] = [tempFolder(), tempFolder()];
        for (const [name, bytes] of Object.entries(files)) putFile(storage, name, bytes);
        const differing = new Set<string>();
        for (const [name, kind] of Object.entries(found)) {
          const bytes = files[name];
          if (bytes === undefined) continue;
          const mine =
            kind === 'same' ? bytes : kind === 'other' ? Buffer.from('mine!') : Buffer.alloc(bytes.length, 7);
          putFile(dir, name, mine);
          if (!mine.equals(bytes)) differing.add(name);
        }
        const server = await localServer(storage);
        const client = await connect(server.url);
        const refused: string[] = [];
        const wanted = [];
        for await (const entry of client.list()) wanted.push({ name: entry.name, entry });
        await client.fetchMany(wanted, {
          dir,
          force,
          fsync: false,
          onFailed: (error, { name }) => refused.push(`${(error as { code: string }).code} ${name}`),
        });
        client.close();
        server.abort();
        await server.close();
        expect(refused.sort()).toEqual(force ? [] : [...differing].map((name) => `EXISTS ${name}`).sort());
        const paths = everythingIn(dir).filter((path) => !path.endsWith('/'));
        expect(paths).toEqual(Object.keys(files).sort());
        for (const [name, bytes] of Object.entries(files)) {
          const isRight = readFileSync(join(dir, name)).equals(bytes);
          expect(isRight, name).toBe(force || !differing.has(name));
        }
      },
    ),
    { numRuns: 25 },
  );
});
