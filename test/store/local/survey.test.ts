import { execFileSync } from 'node:child_process';
import { renameSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { notHashed } from '#sealift/store/digest-index/digest-index.js';
import { decodeRecord } from '#sealift/store/digest-index/record-codec.js';
import { identityOf } from '#sealift/store/local/file-identity.js';
import { FileThread } from '#sealift/store/local/file-thread.js';
import { quickLooks } from '#sealift/store/local/quick-looks.js';
import { ServedRoot } from '#sealift/store/local/served-root.js';
import { type Surveyed, survey, surveyNew } from '#sealift/store/local/survey.js';
import { digestsOf, putFile, someBytes } from '../../helpers/files.js';
import { tempFolder } from '../../helpers/temp-folder.js';

/** A storage beside which there may be other folders, and a thread on it. */
async function storage(program?: URL) {
  const folder = join(tempFolder(), 'store');
  putFile(folder, 'd/known', 'x');
  const root = new ServedRoot(folder, () => true);
  const thread = new FileThread(folder, { slots: 3, lateMs: null, program });
  onTestFinished(() => thread.close());
  await thread.started();
  /** Files that were written to just now are not hashed. */
  const settle = async (...names: string[]) => {
    for (const name of names) await (await root.open(name)).handle.close();
  };
  const entryOf = async (name: string, more = {}) => {
    const stats = await root.look(name);
    if (stats === null) throw new Error(`${name} is not there`);
    return { name, record: { ...notHashed(identityOf(stats)), ...more } };
  };
  return { folder, thread, settle, entryOf };
}

const HASHED = { md5: '0'.repeat(32), root: null, verifiedAt: 1 };
const recordIn = (one: Surveyed | undefined) =>
  Buffer.isBuffer(one?.found) ? decodeRecord(one.found) : one?.found;
const digestsIn = (content: string | Buffer) => {
  const { md5, root, manifest } = digestsOf(content);
  return { md5, root, onlyChunk: content.length === 0 ? null : manifest, rotten: false };
};
const unknown = (name: string) => ({ name, record: undefined });

test('what is not known is hashed, if it is small; what is known is not', async () => {
  const { folder, thread, settle, entryOf } = await storage();
  const contents = {
    empty: '',
    one: someBytes(1),
    'd/small': someBytes(65_536, 2),
    'd/large': someBytes(65_537, 3),
  };
  for (const [name, content] of Object.entries(contents)) putFile(folder, name, content);
  await settle('d/known', ...Object.keys(contents));
  writeFileSync(join(folder, 'young'), 'x');
  const known = await entryOf('d/known', HASHED);
  const names = ['empty', 'one', 'd/small', 'd/large', 'young', 'nothing', 'no/folder', 'd'];
  const found = await survey(thread, [...names.map(unknown), known, { ...known, record: undefined }]);
  expect(found.map(({ name }) => name)).toEqual([...names, 'd/known', 'd/known']);
  for (const [nth, name] of (['empty', 'one', 'd/small'] as const).entries()) {
    const { record } = await entryOf(name);
    expect(recordIn(found[nth])).toMatchObject({ identity: record.identity, ...digestsIn(contents[name]) });
  }
  const rest = found.slice(3, 9).map((one) => one.found);
  expect(rest).toEqual(['other', 'young', 'other', 'other', 'other', 'known']);
  expect(recordIn(found[9])).toMatchObject(digestsIn('x'));
});

test('what was just come upon is hashed, if it is small, old enough and a regular file of its folder', async () => {
  const { folder, thread, settle, entryOf } = await storage();
  const contents = { empty: '', 'd/small': someBytes(65_536, 2), 'd/large': someBytes(65_537, 3) };
  for (const [name, content] of Object.entries(contents)) putFile(folder, name, content);
  await settle('d/known', ...Object.keys(contents));
  writeFileSync(join(folder, 'young'), 'x');
  putFile(folder, '../outside/secret', 'secret');
  symlinkSync('../outside', join(folder, 'link'));
  symlinkSync('../outside/secret', join(folder, 'secret'));
  symlinkSync('d', join(folder, 'inside'));
  symlinkSync('d/known', join(folder, 'inner'));
  execFileSync('mkfifo', [join(folder, 'fifo')]);
  const strange = ['link/secret', 'secret', 'inside/known', 'inner', 'fifo', 'nothing', 'd'];
  const found = await surveyNew(thread, [...Object.keys(contents), 'd/known', 'young', ...strange]);
  const { record } = await entryOf('d/small');
  expect(recordIn(found[0])).toMatchObject(digestsIn(''));
  expect(recordIn(found[1])).toMatchObject({ identity: record.identity, ...digestsIn(contents['d/small']) });
  expect(recordIn(found[3])).toMatchObject(digestsIn('x'));
  const rest = [found[2], ...found.slice(4)].map((one) => one?.found);
  expect(rest).toEqual(['other', 'young', ...strange.map(() => 'other')]);
});

test('what is written to under an old time is not hashed before the clock has ticked', async () => {
  const { folder, thread, settle } = await storage();
  const path = join(folder, 'd/known');
  await settle('d/known');
  for (let round = 0; round < 20; round++) {
    const before = Date.now();
    writeFileSync(path, String(round));
    utimesSync(path, 1_767_323_045, 1_767_323_045);
    const found = (await surveyNew(thread, ['d/known']))[0];
    // The clock that stamps files may be behind by half of it.
    if (Date.now() - before < 10) expect(found?.found).toBe('other');
    else if (found?.found !== 'other') expect(recordIn(found)).toMatchObject(digestsIn(String(round)));
  }
});

test('a file that is edited while it is read is not hashed, whichever clock stamps it', async () => {
  const { thread, settle } = await storage(new URL('./edited-while-read.js', import.meta.url));
  await settle('d/known');
  expect((await surveyNew(thread, ['d/known'])).map(({ found }) => found)).toEqual(['other']);
});

test('of a far time, as of a near one, the same is told', async () => {
  const { folder, thread, settle, entryOf } = await storage();
  const years = [1902, 1969, 2261, 2300, 2440];
  for (const year of years) {
    putFile(folder, String(year), 'x');
    const time = new Date(Date.UTC(year, 0, 1));
    utimesSync(join(folder, String(year)), time, time);
  }
  await settle(...years.map(String));
  for (const [nth, one] of (await surveyNew(thread, years.map(String))).entries()) {
    const { record } = await entryOf(String(years[nth]));
    expect(recordIn(one)).toMatchObject({ identity: record.identity });
  }
});

test('another version is hashed; of a rotten file only one of another size or time', async () => {
  const { folder, thread, settle, entryOf } = await storage();
  const before = await entryOf('d/known', HASHED);
  const rotten = { ...before, record: { ...before.record, rotten: true } };
  utimesSync(join(folder, 'd/known'), 1_767_323_045.678, 1_767_323_045.678);
  await settle('d/known');
  const [one, other] = await survey(thread, [before, rotten]);
  expect(recordIn(one)).toMatchObject(digestsIn('x'));
  expect(other?.found).toBe('known');
  putFile(folder, 'd/known', 'longer');
  await settle('d/known');
  expect(recordIn((await survey(thread, [rotten]))[0])).toMatchObject(digestsIn('longer'));
});

test('nothing outside is hashed, and no FIFO is opened', async () => {
  const { folder, thread, settle } = await storage();
  putFile(folder, '../outside/secret', 'secret');
  symlinkSync('../outside', join(folder, 'link'));
  symlinkSync('../outside/secret', join(folder, 'secret'));
  execFileSync('mkfifo', [join(folder, 'fifo')]);
  utimesSync(join(folder, 'fifo'), 1_000, 1_000);
  putFile(folder, 'last', 'x');
  await settle('last');
  const found = await survey(thread, ['link/secret', 'secret', 'fifo'].map(unknown));
  expect(found.map((one) => one.found)).toEqual(['other', 'other', 'other']);
});

test('looks tell the version of each file, and nothing of what lies outside', async () => {
  const { folder, thread, entryOf } = await storage();
  for (let nth = 0; nth < 600; nth++) putFile(folder, `many/f${nth}`, String(nth));
  putFile(folder, 'e/moved', 'x');
  const moved = await entryOf('e/moved');
  renameSync(join(folder, 'e'), join(folder, '../e'));
  symlinkSync('../e', join(folder, 'e'));
  putFile(folder, '../e/secret', 'secret');
  const known = await entryOf('d/known');
  const many = Array.from({ length: 600 }, (_, nth) => unknown(`many/f${nth}`));
  const older = {
    name: 'd/known',
    record: { ...known.record, identity: { ...known.record.identity, ctimeNs: 1n } },
  };
  const entries = [known, older, unknown('e/secret'), unknown('nothing'), ...many, moved];
  const looked = [];
  for await (const some of quickLooks(thread, entries)) looked.push(...some);
  expect(looked.map(({ entry }) => entry.name)).toEqual(entries.map(({ name }) => name));
  const [same, seen, outside, nothing, ...rest] = looked;
  // The very object: who has it need not compare.
  expect(same?.identity).toBe(known.record.identity);
  expect(seen?.identity).toEqual(known.record.identity);
  expect([outside?.identity, nothing?.identity]).toEqual([null, null]);
  // What was known of it when it was inside may be said again.
  expect(rest.pop()?.identity).toEqual(moved.record.identity);
  for (const [nth, { identity }] of rest.entries()) expect(identity?.size).toBe(BigInt(String(nth).length));
});
