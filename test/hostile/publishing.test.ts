import { execFileSync } from 'node:child_process';
import crypto from 'node:crypto';
import fs, {
  constants,
  lstatSync,
  openSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { digestOf } from '#sealift/client/local-copy.js';
import { PartFile } from '#sealift/client/part-file.js';
import { TargetFolder } from '#sealift/client/target-folder.js';
import { everythingIn, md5, putFile } from '../helpers/files.js';
import { tempFolder } from '../helpers/temp-folder.js';

const PUBLISH = { force: false, fsync: false, mtime: 1_767_225_600_000 };

async function folderAt(path: string, segments: string[] = []): Promise<TargetFolder> {
  const folder = await TargetFolder.open(path, segments, true);
  onTestFinished(() => folder.close());
  return folder;
}

async function partOf(folder: TargetFolder, content: string): Promise<PartFile> {
  const part = await PartFile.create(folder, 'f', null);
  await part.write(Buffer.from(content), 0);
  return part;
}

/** Something that others do just before any of these calls reaches the kernel. */
function before(calls: ('link' | 'rename')[], happens: () => void): void {
  for (const call of calls) {
    const real = fs.promises[call];
    vi.spyOn(fs.promises, call).mockImplementation(async (from, to) => {
      happens();
      return real(from, to);
    });
  }
  syncBuiltinESMExports();
  onTestFinished(() => {
    vi.restoreAllMocks();
    syncBuiltinESMExports();
  });
}

test('case 67: what stands where a part file is to be made is not written to', async () => {
  vi.spyOn(crypto, 'randomBytes').mockImplementation(() => Buffer.alloc(4));
  syncBuiltinESMExports();
  onTestFinished(() => {
    vi.restoreAllMocks();
    syncBuiltinESMExports();
  });
  const [downloads, elsewhere] = [tempFolder(), tempFolder()];
  const folder = await folderAt(downloads);
  const part = await partOf(folder, 'of somebody else');
  const [name] = everythingIn(downloads) as [string];
  await expect(PartFile.create(folder, 'f', null)).rejects.toMatchObject({ code: 'LOCAL_IO' });
  expect(readFileSync(join(downloads, name), 'utf8')).toBe('of somebody else');
  await part.discard();
  const precious = putFile(elsewhere, 'precious', 'precious');
  for (const target of [precious, join(elsewhere, 'dangling')]) {
    symlinkSync(target, join(downloads, name));
    await expect(PartFile.create(folder, 'f', null)).rejects.toMatchObject({ code: 'LOCAL_IO' });
    fs.unlinkSync(join(downloads, name));
  }
  expect(everythingIn(elsewhere)).toEqual(['precious']);
});

test('case 67: a file that comes while another is published is not replaced', async () => {
  const downloads = tempFolder();
  const part = await partOf(await folderAt(downloads), 'ours');
  before(['link', 'rename'], () => writeFileSync(join(downloads, 'f'), 'came between'));
  await expect(part.publish(PUBLISH)).rejects.toMatchObject({ code: 'EXISTS' });
  expect(everythingIn(downloads)).toEqual(['f']);
  expect(readFileSync(join(downloads, 'f'), 'utf8')).toBe('came between');
});

test('case 67: with force a FIFO is not replaced', async () => {
  const downloads = tempFolder();
  const part = await partOf(await folderAt(downloads), 'ours');
  execFileSync('mkfifo', [join(downloads, 'f')]);
  await expect(part.publish({ ...PUBLISH, force: true })).rejects.toMatchObject({ code: 'EXISTS' });
  expect(lstatSync(join(downloads, 'f')).isFIFO()).toBe(true);
  expect(everythingIn(downloads)).toEqual(['f']);
});

test('case 21: a folder that is replaced by a link while a download runs is still the one that gets it', async () => {
  const [downloads, elsewhere] = [tempFolder(), tempFolder()];
  const folder = await folderAt(downloads, ['sub']);
  renameSync(join(downloads, 'sub'), join(downloads, 'moved'));
  symlinkSync(elsewhere, join(downloads, 'sub'));
  const part = await partOf(folder, 'ours');
  await part.publish(PUBLISH);
  expect(everythingIn(elsewhere)).toEqual([]);
  expect(readFileSync(join(downloads, 'moved/f'), 'utf8')).toBe('ours');
});

test('case 49: a target that becomes a link is not read through', async () => {
  const [downloads, elsewhere] = [tempFolder(), tempFolder()];
  putFile(elsewhere, 'f', 'the same');
  const folder = await folderAt(downloads);
  symlinkSync(join(elsewhere, 'f'), join(downloads, 'f'));
  await expect(digestOf(folder, 'f', 'md5')).rejects.toMatchObject({ code: 'EXISTS' });
  fs.unlinkSync(join(downloads, 'f'));
  putFile(downloads, 'f', 'the same');
  expect(await digestOf(folder, 'f', 'md5')).toBe(md5('the same'));
});

test('case 49: a target that becomes a FIFO does not hold a fetch up', { timeout: 10_000 }, async () => {
  const downloads = tempFolder();
  const fifo = join(downloads, 'f');
  execFileSync('mkfifo', [fifo]);
  const folder = await folderAt(downloads);
  // Whoever waits for a writer gets one in the end, so that this process can end.
  onTestFinished(() => fs.closeSync(openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK)));
  await expect(digestOf(folder, 'f', 'md5')).rejects.toMatchObject({ code: 'EXISTS' });
});
