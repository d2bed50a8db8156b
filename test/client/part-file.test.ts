import { lstatSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { PartFile } from '#sealift/client/part-file.js';
import { TargetFolder } from '#sealift/client/target-folder.js';
import { everythingIn, putFile } from '../helpers/files.js';
import { tempFolder } from '../helpers/temp-folder.js';

const PUBLISH = { force: false, fsync: true, mtime: 1_767_323_045_678 };

async function partIn(base: string, file = 'f'): Promise<PartFile> {
  const folder = await TargetFolder.open(base, [], true);
  onTestFinished(() => folder.close());
  return PartFile.create(folder, file, null);
}

test('until it is published there is one hidden private file and nothing else', async () => {
  const base = tempFolder();
  const part = await partIn(base);
  await part.write(Buffer.from('hello '), 0);
  await part.write(Buffer.from('world'), 6);
  const [name = '', ...others] = everythingIn(base);
  expect(others).toEqual([]);
  expect(name).toMatch(/^\.sealift-.*\.part$/);
  expect(statSync(join(base, name)).mode & 0o777).toBe(0o600);
  await part.publish(PUBLISH);
  expect(everythingIn(base)).toEqual(['f']);
  expect(readFileSync(join(base, 'f'), 'utf8')).toBe('hello world');
});

test('what is discarded is gone, however often', async () => {
  const base = tempFolder();
  const part = await partIn(base);
  await part.write(Buffer.from('x'), 0);
  await part.discard();
  await part.discard();
  expect(everythingIn(base)).toEqual([]);
});

test('the name of a part file fits where the target’s own name is as long as can be', async () => {
  const base = tempFolder();
  const file = 'x'.repeat(255);
  const part = await partIn(base, file);
  await part.publish(PUBLISH);
  expect(everythingIn(base)).toEqual([file]);
});

test('a file that is there is replaced only with force; then whole', async () => {
  const base = tempFolder();
  putFile(base, 'f', 'old');
  const refused = await partIn(base);
  await refused.write(Buffer.from('new'), 0);
  await expect(refused.publish(PUBLISH)).rejects.toMatchObject({ code: 'EXISTS' });
  expect(readFileSync(join(base, 'f'), 'utf8')).toBe('old');
  const forced = await partIn(base);
  await forced.write(Buffer.from('new'), 0);
  await forced.publish({ ...PUBLISH, force: true });
  expect(readFileSync(join(base, 'f'), 'utf8')).toBe('new');
  expect(everythingIn(base)).toEqual(['f']);
});

test('a link at the target is not followed, with force or without', async () => {
  const [base, elsewhere] = [tempFolder(), tempFolder()];
  const victim = putFile(elsewhere, 'victim', 'precious');
  symlinkSync(victim, join(base, 'f'));
  await expect((await partIn(base)).publish(PUBLISH)).rejects.toMatchObject({ code: 'EXISTS' });
  expect(lstatSync(join(base, 'f')).isSymbolicLink()).toBe(true);
  await (await partIn(base)).publish({ ...PUBLISH, force: true });
  expect(lstatSync(join(base, 'f')).isFile()).toBe(true);
  expect(readFileSync(victim, 'utf8')).toBe('precious');
});

test('the mode is what the umask leaves', async () => {
  const base = tempFolder();
  await (await partIn(base)).publish(PUBLISH);
  expect(statSync(join(base, 'f')).mode & 0o777).toBe(0o666 & ~process.umask());
});

test.each([0, 1, 999, 1_767_323_045_678, 4_102_444_799_999, -1, -1_500, -86_400_000])(
  'the time %d ms arrives to the millisecond',
  async (mtime) => {
    const base = tempFolder();
    await (await partIn(base)).publish({ ...PUBLISH, mtime });
    const { mtimeNs } = statSync(join(base, 'f'), { bigint: true });
    // Towards the past, as a server reads it.
    const floor = mtimeNs / 1_000_000n - (mtimeNs % 1_000_000n < 0n ? 1n : 0n);
    expect(Number(floor)).toBe(mtime);
  },
);

test.each([Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 8.64e15, -8.64e15])(
  'a time that no file system holds (%d) loses no file',
  async (mtime) => {
    const base = tempFolder();
    const part = await partIn(base);
    await part.write(Buffer.from('x'), 0);
    await part.publish({ ...PUBLISH, mtime });
    expect(readFileSync(join(base, 'f'), 'utf8')).toBe('x');
  },
);
