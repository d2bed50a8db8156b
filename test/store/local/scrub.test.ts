import { appendFileSync, chmodSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isName } from '#sealift/protocol/index.js';
import type { IndexRecord } from '#sealift/store/digest-index/digest-index.js';
import { MemoryIndex } from '#sealift/store/digest-index/memory-index.js';
import { Pacer } from '#sealift/store/local/pacer.js';
import { type ScrubOptions, type ScrubReport, scrub } from '#sealift/store/local/scrub.js';
import { ServedRoot } from '#sealift/store/local/served-root.js';
import { md5, putFile, putSparse, rot, someBytes } from '../../helpers/files.js';
import { entriesOf, md5Of, namesIn, openStore } from '../../helpers/store.js';
import { tempFolder } from '../../helpers/temp-folder.js';

const NEVER = new AbortController().signal;
const LARGE = someBytes(200_000);

async function scrubbed(
  folder: string,
  index: MemoryIndex,
  options: Partial<ScrubOptions> = {},
): Promise<ScrubReport & { rottenNames: string[] }> {
  const rottenNames: string[] = [];
  const onRotten = (name: string) => void rottenNames.push(name);
  const report = await scrub(new ServedRoot(folder, isName), index, { signal: NEVER, onRotten, ...options });
  return { ...report, rottenNames: rottenNames.sort() };
}

const NOTHING = { verified: 0, new: 0, changed: 0, rotten: 0, unreadable: 0, isComplete: true };

test('new files are hashed and remembered, and verified the next time', async () => {
  const folder = tempFolder();
  putFile(folder, 'a', 'hello');
  putFile(folder, 'sub/large', LARGE);
  putFile(folder, '.hidden', 'x');
  symlinkSync('/etc/passwd', join(folder, 'outside'));
  const index = new MemoryIndex();
  expect(await scrubbed(folder, index)).toMatchObject({ ...NOTHING, files: 2, bytes: 200_005, new: 2 });
  const first = index.get('sub/large') as IndexRecord;
  expect(first).toMatchObject({ md5: md5(LARGE), rotten: false });
  const before = Date.now();
  expect(await scrubbed(folder, index)).toMatchObject({ ...NOTHING, files: 2, bytes: 200_005, verified: 2 });
  expect(index.get('sub/large')?.verifiedAt).toBeGreaterThanOrEqual(before);
  expect(namesIn(index, { least: '' }, 10)).toEqual(['a', 'sub/large']);
  expect(index.scrubbedAt).toBeGreaterThanOrEqual(before);
});

test.each([
  ['small', 'hello', 'hellO'],
  ['large', LARGE, Buffer.concat([LARGE.subarray(0, -1), Buffer.from('!')])],
])('case 62: rot in a %s file is marked, refused, and told each time', async (_, content, damaged) => {
  const folder = tempFolder();
  putFile(folder, 'a', content);
  putFile(folder, 'b', 'fine');
  const index = new MemoryIndex();
  await scrubbed(folder, index);
  const { verifiedAt } = index.get('a') as IndexRecord;
  rot(folder, 'a', damaged);
  for (let round = 0; round < 2; round++) {
    const report = await scrubbed(folder, index);
    expect(report).toMatchObject({ ...NOTHING, rotten: 1, verified: 1, rottenNames: ['a'] });
  }
  expect(index.get('a')).toMatchObject({ rotten: true, md5: md5(content), verifiedAt });
  const store = await openStore(folder, { index });
  await expect(md5Of(store, 'a')).rejects.toMatchObject({ code: 'CORRUPT' });
  expect(await entriesOf(store)).toMatchObject([{ rotten: true, md5: null, verifiedAt }, { rotten: false }]);
  // Restored under another time it is an ordinary file again.
  writeFileSync(join(folder, 'a'), content);
  utimesSync(join(folder, 'a'), 1_000, 1_000);
  expect(await scrubbed(folder, index)).toMatchObject({ ...NOTHING, changed: 1, verified: 1 });
});

test('case 62: bytes that changed with nothing else, as a failing disk has it', async () => {
  const folder = tempFolder();
  putFile(folder, 'a', 'hello');
  const index = new MemoryIndex();
  await scrubbed(folder, index);
  index.put('a', { ...(index.get('a') as IndexRecord), md5: md5('what it was') });
  expect(await scrubbed(folder, index)).toMatchObject({ rotten: 1, rottenNames: ['a'] });
});

test('what changed for all to see is no rot', async () => {
  const folder = tempFolder();
  for (const name of ['appended', 'touched', 'mode', 'gone', 'young']) putFile(folder, name, name);
  const index = new MemoryIndex();
  await scrubbed(folder, index);
  appendFileSync(join(folder, 'appended'), 'more');
  for (const name of ['appended', 'touched']) utimesSync(join(folder, name), 1_000, 1_000);
  chmodSync(join(folder, 'mode'), 0o600);
  const { unlinkSync } = await import('node:fs');
  unlinkSync(join(folder, 'gone'));
  // Written to just now, and perhaps still: told as changed, and not remembered.
  writeFileSync(join(folder, 'young'), 'other');
  const { ino } = index.get('young')?.identity ?? {};
  const report = await scrubbed(folder, index);
  expect(report).toMatchObject({ ...NOTHING, files: 4, changed: 3, verified: 1 });
  expect(index.get('appended')).toMatchObject({ md5: md5('appendedmore') });
  expect(index.get('young')).toMatchObject({ md5: md5('young'), identity: { ino } });
});

test('ended in the middle it tells how far it came, and does not count as done', async () => {
  const folder = tempFolder();
  putFile(folder, 'a', 'hello');
  putSparse(folder, 'endless', 2 ** 42);
  const abort = new AbortController();
  const index = new MemoryIndex();
  let progress = () => ({ files: 0, bytes: 0 });
  const running = scrubbed(folder, index, { signal: abort.signal, onStart: (tell) => (progress = tell) });
  while (progress().files === 0 || progress().bytes < 2 ** 20)
    await new Promise((done) => setImmediate(done));
  abort.abort();
  expect(await running).toMatchObject({ ...NOTHING, files: 1, bytes: 5, new: 1, isComplete: false });
  expect(index.scrubbedAt).toBeNull();
});

test.each([
  ['over many small files', 40, 5_000],
  ['within a large one', 1, 200_000],
])('a rate is kept %s', async (_, count, size) => {
  const folder = tempFolder();
  for (let at = 0; at < count; at++) putFile(folder, `f${at}`, someBytes(size, at + 1));
  const startedAt = performance.now();
  const report = await scrubbed(folder, new MemoryIndex(), { rate: 200_000 });
  expect(report).toMatchObject({ files: count, bytes: 200_000, new: count });
  expect(performance.now() - startedAt).toBeGreaterThan(950);
});

test('a rest is ended by the signal, and small work has none', async () => {
  const pacer = new Pacer(1);
  const abort = new AbortController();
  const resting = pacer.spend(1_000_000, performance.now(), abort.signal);
  abort.abort();
  await resting;
  await new Pacer(1e9).spend(1_000, performance.now(), NEVER);
  await new Pacer(null).spend(2 ** 50, performance.now(), NEVER);
});
