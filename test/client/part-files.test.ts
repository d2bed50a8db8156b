import { spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { PartFile } from '#sealift/client/part-file.js';
import { PartFiles } from '#sealift/client/part-files.js';
import { parsePartName, partName } from '#sealift/client/part-name.js';
import { OWNER, type PartOwner } from '#sealift/client/part-owner.js';
import { TargetFolder } from '#sealift/client/target-folder.js';
import { sealift, startCli } from '../helpers/cli.js';
import { CHUNK, everythingIn, md5, someBytes } from '../helpers/files.js';
import { tempFolder } from '../helpers/temp-folder.js';
import { frame, getReply, maliciousServer } from '../helpers/wire.js';

const VERSION = '0123456789abcdef';
const EIGHT_DAYS_AGO = new Date(Date.now() - 8 * 86_400_000);
/** A process that has ended. */
const DEAD: PartOwner = { ...OWNER, pid: spawnSync('true').pid };

/** A name that a part file of this target has, written by this process if no other is said. */
function nameOf(file: string, owner: PartOwner = OWNER, version: string | null = VERSION): string {
  const words = ({ place, era, pid, birth }: PartOwner) => `-${place}-${era}-${pid}-${birth}-`;
  return partName(file, version).replace(words(OWNER), words(owner));
}

function putPart(base: string, name: string, bytes: Buffer | string = 'x', time?: Date): string {
  writeFileSync(join(base, name), bytes);
  if (time) utimesSync(join(base, name), time, time);
  return name;
}

async function openFolder(base: string): Promise<TargetFolder> {
  const folder = await TargetFolder.open(base, [], true);
  onTestFinished(() => folder.close());
  return folder;
}

/** The name of the only file in the folder that has the bytes. */
function theOnlyPart(base: string): { name: string; bytes: Buffer } {
  const [name = '', ...others] = everythingIn(base);
  expect(others).toEqual([]);
  return { name, bytes: readFileSync(join(base, name)) };
}

describe('the largest is taken over, the others are removed', () => {
  test('under a name of this process', async () => {
    const base = tempFolder();
    const bytes = someBytes(2 * CHUNK, 5);
    putPart(base, nameOf('f', DEAD), someBytes(CHUNK));
    putPart(base, nameOf('f', DEAD), bytes);
    putPart(base, nameOf('f', DEAD), someBytes(CHUNK + 1));
    const claimed = await new PartFiles().claim(await openFolder(base), 'f');
    expect(claimed).toMatchObject({ version: VERSION, part: { foundBytes: 2 * CHUNK } });
    const { name, bytes: kept } = theOnlyPart(base);
    expect(kept.equals(bytes)).toBe(true);
    expect(parsePartName(name)?.owner).toEqual(OWNER);
    await claimed?.part.discard();
    expect(everythingIn(base)).toEqual([]);
  });

  test('less than a chunk is of no use', async () => {
    const base = tempFolder();
    putPart(base, nameOf('f', DEAD), someBytes(CHUNK - 1));
    expect(await new PartFiles().claim(await openFolder(base), 'f')).toBeNull();
    expect(everythingIn(base)).toEqual([]);
  });

  test('of several who try, one has it', async () => {
    const base = tempFolder();
    const name = putPart(base, nameOf('f', DEAD), someBytes(CHUNK));
    const folder = await openFolder(base);
    const tries = Array.from({ length: 10 }, () => PartFile.claim(folder, 'f', name, VERSION));
    const claimed = (await Promise.all(tries)).filter((part) => part !== null);
    expect(claimed).toHaveLength(1);
    expect(everythingIn(base)).toHaveLength(1);
    await claimed[0]?.discard();
  });

  test('of several programs who look at once, one has it, and none removes it', async () => {
    const base = tempFolder();
    putPart(base, nameOf('f', DEAD), someBytes(CHUNK));
    const folder = await openFolder(base);
    const tries = Array.from({ length: 10 }, () => new PartFiles().claim(folder, 'f'));
    const claimed = (await Promise.all(tries)).filter((found) => found !== null);
    expect(claimed).toHaveLength(1);
    expect(theOnlyPart(base).bytes.length).toBe(CHUNK);
    await claimed[0]?.part.discard();
  });
});

describe('what is not taken over', () => {
  test('one with a second name, which is a file by now: that does not change', async () => {
    const base = tempFolder();
    const bytes = someBytes(CHUNK + 5);
    const name = putPart(base, nameOf('f', DEAD), bytes);
    // Killed between link and unlink.
    linkSync(join(base, name), join(base, 'f'));
    expect(await new PartFiles().claim(await openFolder(base), 'f')).toBeNull();
    expect(everythingIn(base)).toEqual(['f']);
    expect(readFileSync(join(base, 'f')).equals(bytes)).toBe(true);
    expect(statSync(join(base, 'f')).nlink).toBe(1);
  });

  test.runIf(process.getuid?.() === 0)('one of another user', async () => {
    const base = tempFolder();
    const name = putPart(base, nameOf('f', DEAD), someBytes(CHUNK));
    expect(spawnSync('chown', ['12345', join(base, name)]).status).toBe(0);
    expect(await new PartFiles().claim(await openFolder(base), 'f')).toBeNull();
  });

  test('a link or a folder of such a name is left alone, and what it leads to', async () => {
    const [base, elsewhere] = [tempFolder(), tempFolder()];
    const victim = putPart(elsewhere, 'victim', someBytes(CHUNK));
    const link = nameOf('f', DEAD);
    const directory = nameOf('f', DEAD);
    symlinkSync(join(elsewhere, victim), join(base, link));
    mkdirSync(join(base, directory));
    const folder = await openFolder(base);
    expect(await new PartFiles().claim(folder, 'f')).toBeNull();
    expect(everythingIn(base)).toEqual([link, `${directory}/`].sort());
    // Even where it takes the place of a part file after the look.
    expect(await PartFile.claim(folder, 'f', link, VERSION)).toBeNull();
    expect(await PartFile.claim(folder, 'f', directory, VERSION)).toBeNull();
    expect(readFileSync(join(elsewhere, victim)).length).toBe(CHUNK);
  });

  test('one that somebody writes, and one of another target', async () => {
    const base = tempFolder();
    const folder = await openFolder(base);
    const own = await PartFile.create(folder, 'f', VERSION);
    await own.write(someBytes(CHUNK), 0);
    const [ownName = ''] = everythingIn(base);
    const elsewhere = putPart(base, nameOf('f', { ...OWNER, place: 'ffffffff' }), someBytes(CHUNK));
    const other = putPart(base, nameOf('g', DEAD), someBytes(CHUNK));
    expect(await new PartFiles().claim(folder, 'f')).toBeNull();
    expect(everythingIn(base)).toEqual([ownName, elsewhere, other].sort());
    await own.discard();
  });
});

describe('where the writer is not certainly gone', () => {
  const elsewhere: PartOwner = { ...OWNER, era: OWNER.era === 'ffffffff' ? '0fffffff' : 'ffffffff' };

  test('its bytes are copied: what it still writes comes to nothing', async () => {
    const base = tempFolder();
    const bytes = someBytes(CHUNK + 5);
    const name = putPart(base, nameOf('f', elsewhere), bytes);
    const writer = openSync(join(base, name), 'r+');
    const claimed = await new PartFiles().claim(await openFolder(base), 'f');
    writeSync(writer, Buffer.alloc(CHUNK), 0, CHUNK, 0);
    closeSync(writer);
    expect(claimed).toMatchObject({ version: VERSION, part: { foundBytes: CHUNK + 5 } });
    expect(theOnlyPart(base).bytes.equals(bytes)).toBe(true);
    await claimed?.part.discard();
  });

  test('one of this process that it does not know is written by another of its threads', async () => {
    const base = tempFolder();
    const name = putPart(base, nameOf('f'), someBytes(CHUNK));
    expect(await new PartFiles().claim(await openFolder(base), 'f')).toBeNull();
    expect(everythingIn(base)).toEqual([name]);
  });
});

test('what this process gave up is found by its next fetch, when it is told to look again', async () => {
  const base = tempFolder();
  const folder = await openFolder(base);
  const parts = new PartFiles();
  expect(await parts.claim(folder, 'f')).toBeNull();
  const part = await PartFile.create(folder, 'f', VERSION);
  await part.write(someBytes(CHUNK), 0);
  await part.keep();
  expect(await parts.claim(folder, 'f')).toBeNull();
  parts.forget(folder);
  const claimed = await parts.claim(folder, 'f');
  expect(claimed?.part.foundBytes).toBe(CHUNK);
  await claimed?.part.discard();
});

test('a part of a version that was not known tells none', async () => {
  const base = tempFolder();
  putPart(base, nameOf('f', DEAD, null), someBytes(CHUNK));
  const claimed = await new PartFiles().claim(await openFolder(base), 'f');
  expect(claimed).toMatchObject({ version: null });
  await claimed?.part.discard();
});

test('after seven days they are removed, whatever they are parts of; those that are written are spared', async () => {
  const base = tempFolder();
  const folder = await openFolder(base);
  const own = await PartFile.create(folder, 'f', VERSION);
  const [ownName = ''] = everythingIn(base);
  utimesSync(join(base, ownName), EIGHT_DAYS_AGO, EIGHT_DAYS_AGO);
  const sixDaysAgo = new Date(Date.now() - 6 * 86_400_000);
  const spared = [
    putPart(base, nameOf('g', DEAD), 'x', sixDaysAgo),
    putPart(base, 'f', 'x', EIGHT_DAYS_AGO),
    putPart(base, `${nameOf('g', DEAD)}x`, 'x', EIGHT_DAYS_AGO),
    putPart(base, '.sealift-x.part', 'x', EIGHT_DAYS_AGO),
  ];
  for (const file of ['f', 'g', 'h']) putPart(base, nameOf(file, DEAD), someBytes(CHUNK), EIGHT_DAYS_AGO);
  putPart(base, nameOf('g', { ...OWNER, place: 'ffffffff' }), 'x', EIGHT_DAYS_AGO);
  expect(await new PartFiles().claim(folder, 'f')).toBeNull();
  expect(everythingIn(base)).toEqual([ownName, ...spared].sort());
  await own.discard();
});

test('a folder is read once, however many files go into it', async () => {
  const base = tempFolder();
  const folder = await openFolder(base);
  const parts = new PartFiles();
  await parts.claim(folder, 'f');
  putPart(base, nameOf('g', DEAD), someBytes(CHUNK));
  expect(await parts.claim(folder, 'g')).toBeNull();
  expect(everythingIn(base)).toHaveLength(1);
});

test('those beside a complete file are removed', async () => {
  const base = tempFolder();
  putPart(base, nameOf('f', DEAD), someBytes(CHUNK));
  const other = putPart(base, nameOf('g', DEAD), someBytes(CHUNK));
  await new PartFiles().remove(await openFolder(base), 'f');
  expect(everythingIn(base)).toEqual([other]);
});

test('a fetch clears what a killed one left of a small file', async () => {
  const downloads = tempFolder();
  const body = someBytes(200_000);
  let isFirst = true;
  const url = await maliciousServer(async (wire) => {
    await wire.header();
    wire.write(frame(getReply('a', body, md5(body))));
    wire.write(isFirst ? body.subarray(0, 100_000) : body);
    isFirst = false;
  });
  const { child, result } = startCli(['fetch', 'a', '-s', url, '-d', downloads]);
  while (!existsSync(downloads) || everythingIn(downloads).length === 0) {
    await new Promise((done) => setTimeout(done, 20));
  }
  child.kill('SIGKILL');
  await result;
  expect(everythingIn(downloads)).toEqual([expect.stringMatching(/^\.sealift-.*\.part$/)]);
  expect((await sealift(['fetch', 'a', '-s', url, '-d', downloads])).code).toBe(0);
  expect(everythingIn(downloads)).toEqual(['a']);
});
