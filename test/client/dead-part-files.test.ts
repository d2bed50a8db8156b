import { spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { DeadPartFiles } from '#sealift/client/dead-part-files.js';
import { parsePartName, partName, partTag } from '#sealift/client/part-name.js';
import { TargetFolder } from '#sealift/client/target-folder.js';
import { sealift, startCli } from '../helpers/cli.js';
import { everythingIn, md5, someBytes } from '../helpers/files.js';
import { tempFolder } from '../helpers/temp-folder.js';
import { frame, getReply, maliciousServer } from '../helpers/wire.js';

/** The number of a process that has ended. */
function deadPid(): number {
  return spawnSync('true').pid;
}

function nameOf(file: string, pid: number, random = '0123456789ab'): string {
  return `.sealift-${partTag(file)}-${pid}-${random}.part`;
}

async function openFolder(base: string): Promise<TargetFolder> {
  const folder = await TargetFolder.open(base, [], true);
  onTestFinished(() => folder.close());
  return folder;
}

test('the name of a part file tells target and process', () => {
  expect(parsePartName(partName('f'))).toEqual({ tag: partTag('f'), pid: process.pid });
  for (const name of ['.sealift-x.part', 'f', `x${nameOf('f', 1)}`, `${nameOf('f', 1)}.x`]) {
    expect(parsePartName(name)).toBeNull();
  }
});

test('only regular files of the same target, of no live process or very old, are removed', async () => {
  const base = tempFolder();
  const dead = deadPid();
  const live = nameOf('f', process.pid);
  const old = nameOf('f', process.pid, 'aaaaaaaaaaaa');
  const link = nameOf('f', dead, 'bbbbbbbbbbbb');
  const directory = nameOf('f', dead, 'cccccccccccc');
  const spared = [live, nameOf('g', dead), `${nameOf('f', dead)}x`, 'f'];
  for (const name of [...spared, old, nameOf('f', dead)]) writeFileSync(join(base, name), 'x');
  symlinkSync('f', join(base, link));
  mkdirSync(join(base, directory));
  const eightDaysAgo = new Date(Date.now() - 8 * 86_400_000);
  utimesSync(join(base, old), eightDaysAgo, eightDaysAgo);
  await new DeadPartFiles().remove(await openFolder(base), 'f');
  expect(everythingIn(base)).toEqual([...spared, link, `${directory}/`].sort());
});

test('a folder is read once, however many files go into it', async () => {
  const base = tempFolder();
  const folder = await openFolder(base);
  const parts = new DeadPartFiles();
  await parts.remove(folder, 'f');
  writeFileSync(join(base, nameOf('g', deadPid())), 'x');
  await parts.remove(folder, 'g');
  expect(everythingIn(base)).toHaveLength(1);
});

test('a fetch clears what a killed one left', async () => {
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
  while (everythingIn(downloads).length === 0) await new Promise((done) => setTimeout(done, 20));
  child.kill('SIGKILL');
  await result;
  expect(everythingIn(downloads)).toEqual([expect.stringMatching(/^\.sealift-.*\.part$/)]);
  expect((await sealift(['fetch', 'a', '-s', url, '-d', downloads])).code).toBe(0);
  expect(everythingIn(downloads)).toEqual(['a']);
});
