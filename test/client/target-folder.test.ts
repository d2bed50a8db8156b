import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { TargetFolder } from '#sealift/client/target-folder.js';
import { everythingIn } from '../helpers/files.js';
import { tempFolder } from '../helpers/temp-folder.js';

test('folders are made where they are missing, and left where they are', async () => {
  const base = join(tempFolder(), 'new');
  for (let time = 1; time <= 2; time++) {
    const folder = await TargetFolder.open(base, ['a', 'b'], true);
    expect(folder.shown('c')).toBe(join(base, 'a/b/c'));
    writeFileSync(folder.path('c'), 'hello');
    await folder.close();
  }
  expect(everythingIn(base)).toEqual(['a/', 'a/b/', 'a/b/c']);
});

test('without making, a missing folder is null and nothing is made', async () => {
  const base = tempFolder();
  expect(await TargetFolder.open(join(base, 'x'), [], false)).toBeNull();
  expect(await TargetFolder.open(base, ['a', 'b'], false)).toBeNull();
  expect(everythingIn(base)).toEqual([]);
});

test.runIf(process.platform === 'linux')(
  'where no folder can be made it is said, and not tried for ever',
  async () => {
    await expect(TargetFolder.open('/proc/none/deep', ['a'], true)).rejects.toMatchObject({
      code: 'LOCAL_IO',
      message: expect.stringContaining('/proc/none'),
    });
  },
);

test('case 21: a link below the base is refused, a base that is a link is the user’s choice', async () => {
  const [base, elsewhere] = [tempFolder(), tempFolder()];
  symlinkSync(elsewhere, join(base, 'link'));
  for (const make of [true, false] as const) {
    await expect(TargetFolder.open(base, ['link'], make as true)).rejects.toMatchObject({
      code: 'EXISTS',
      message: expect.stringContaining('symbolic link'),
    });
    await expect(TargetFolder.open(base, ['link', 'x'], make as true)).rejects.toMatchObject({
      code: 'EXISTS',
    });
  }
  expect(everythingIn(elsewhere)).toEqual([]);
  await (await TargetFolder.open(join(base, 'link'), ['ok'], true)).close();
  expect(everythingIn(elsewhere)).toEqual(['ok/']);
});

test('a file in the way is told as that', async () => {
  const base = tempFolder();
  writeFileSync(join(base, 'a'), '');
  await expect(TargetFolder.open(base, ['a'], true)).rejects.toMatchObject({
    code: 'EXISTS',
    message: `${join(base, 'a')}: a file stands where a folder is needed`,
  });
});

test.runIf(process.platform === 'linux')(
  'case 22: a folder that is moved away after it was opened takes the file with it',
  async () => {
    const { renameSync } = await import('node:fs');
    const [base, elsewhere] = [tempFolder(), tempFolder()];
    const folder = await TargetFolder.open(base, ['a'], true);
    renameSync(join(base, 'a'), join(base, 'moved'));
    symlinkSync(elsewhere, join(base, 'a'));
    writeFileSync(folder.path('f'), 'hello');
    await folder.close();
    expect(everythingIn(elsewhere)).toEqual([]);
    expect(everythingIn(join(base, 'moved'))).toEqual(['f']);
  },
);

test('what is not free is refused, naming the file', async () => {
  const base = tempFolder();
  mkdirSync(join(base, 'a'));
  const folder = await TargetFolder.open(base, ['a'], true);
  await folder.ensureFree(1, 'f');
  await expect(folder.ensureFree(2 ** 52, 'f')).rejects.toMatchObject({
    code: 'NO_SPACE',
    message: expect.stringContaining(join(base, 'a/f')),
  });
  await folder.close();
});
