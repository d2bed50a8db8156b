import { execFileSync } from 'node:child_process';
import fs, {
  closeSync,
  constants,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { isName } from '#sealift/protocol/index.js';
import { ServedRoot } from '#sealift/store/local/served-root.js';
import { putFile } from '../../helpers/files.js';
import { tempFolder } from '../../helpers/temp-folder.js';

function rootWith(files: string[]): { folder: string; root: ServedRoot } {
  const folder = tempFolder();
  for (const name of files) putFile(folder, name, name);
  return { folder, root: new ServedRoot(folder, isName) };
}

async function contentOf(root: ServedRoot, name: string): Promise<string> {
  const { handle } = await root.open(name);
  try {
    return await handle.readFile('utf8');
  } finally {
    await handle.close();
  }
}

test('files are opened by name, through links inside too', async () => {
  const { folder, root } = rootWith(['a', 'sub/b']);
  symlinkSync('sub/b', join(folder, 'link'));
  symlinkSync('sub', join(folder, 'folder-link'));
  expect(await contentOf(root, 'a')).toBe('a');
  expect(await contentOf(root, 'sub/b')).toBe('sub/b');
  expect(await contentOf(root, 'link')).toBe('sub/b');
  expect(await contentOf(root, 'folder-link/b')).toBe('sub/b');
});

test('what is not served is NOT_FOUND, and not seen by look', async () => {
  const { folder, root } = rootWith(['a', 'sub/b', '.hidden', '.folder/x']);
  const outside = tempFolder();
  putFile(outside, 'secret', 'secret');
  execFileSync('mkfifo', [join(folder, 'fifo')]);
  symlinkSync(join(outside, 'secret'), join(folder, 'leaf'));
  symlinkSync(outside, join(folder, 'parent'));
  symlinkSync('.hidden', join(folder, 'to-hidden'));
  symlinkSync('loop', join(folder, 'loop'));
  symlinkSync('/dev/null', join(folder, 'device'));
  const names = [
    'leaf',
    'parent/secret',
    'to-hidden',
    'loop',
    'device',
    'fifo',
    'sub',
    '.hidden',
    '.folder/x',
  ];
  for (const name of [...names, 'missing', 'a/b', '../a', '/a', '']) {
    await expect(root.open(name), name).rejects.toMatchObject({ code: 'NOT_FOUND' });
    // A parent is not look's to judge: listings open folders.
    if (name !== 'parent/secret') expect(await root.look(name), name).toBeNull();
  }
  expect(await root.hasFolder('parent')).toBe(false);
  expect(await root.hasFolder('sub')).toBe(true);
  expect(await root.hasFolder('a')).toBe(false);
  for (const name of ['parent', 'a', 'missing', '.folder'])
    expect(await root.openFolder(name), name).toBeNull();
});

test('a folder that is listed stays the one that was opened, and its links are judged by where they lead', async () => {
  const { folder, root } = rootWith(['sub/a', 'sub/.hidden', 'b']);
  const outside = tempFolder();
  for (const name of ['a', 'secret']) putFile(outside, name, 'from outside');
  symlinkSync('../b', join(folder, 'sub/inside'));
  symlinkSync(join(outside, 'secret'), join(folder, 'sub/outside'));
  symlinkSync('.hidden', join(folder, 'sub/to-hidden'));
  const opened = await root.openFolder('sub');
  try {
    renameSync(join(folder, 'sub'), join(folder, 'moved'));
    symlinkSync(outside, join(folder, 'sub'));
    expect((await opened?.look('a'))?.size).toBe(5n);
    expect((await opened?.look('inside'))?.size).toBe(1n);
    for (const name of ['secret', 'outside', 'to-hidden', 'missing'])
      expect(await opened?.look(name), name).toBeNull();
  } finally {
    await opened?.close();
  }
  expect(await root.openFolder('sub')).toBeNull();
});

test('a folder beside the storage whose name begins like it is outside', async () => {
  const parent = tempFolder();
  putFile(parent, 'store-evil/secret', 'secret');
  mkdirSync(join(parent, 'store'));
  symlinkSync('../store-evil/secret', join(parent, 'store/link'));
  const root = new ServedRoot(join(parent, 'store'), isName);
  await expect(root.open('link')).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('a name that is replaced all the while is there all the while', async () => {
  const { folder, root } = rootWith(['a']);
  let isOver = false;
  const replacing = (async () => {
    for (let round = 0; !isOver; round++) {
      writeFileSync(join(folder, '.new'), `version ${round}`);
      renameSync(join(folder, '.new'), join(folder, 'a'));
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  try {
    for (let round = 0; round < 200; round++) await contentOf(root, 'a');
  } finally {
    isOver = true;
    await replacing;
  }
});

test('a file that lost one of its two names is still served by the other', async () => {
  const { folder, root } = rootWith(['a']);
  linkSync(join(folder, 'a'), join(folder, 'b'));
  unlinkSync(join(folder, 'a'));
  expect(await contentOf(root, 'b')).toBe('a');
  await expect(root.open('a')).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('a file that becomes a FIFO between the look and the opening does not block', {
  timeout: 10_000,
}, async () => {
  const { folder, root } = rootWith(['a']);
  const path = join(folder, 'a');
  const look = fs.promises.stat;
  vi.spyOn(fs.promises, 'stat').mockImplementation((async (...args: Parameters<typeof look>) => {
    const stats = await look(...args);
    unlinkSync(path);
    execFileSync('mkfifo', [path]);
    return stats;
  }) as typeof look);
  syncBuiltinESMExports();
  onTestFinished(() => {
    vi.restoreAllMocks();
    syncBuiltinESMExports();
    // Whoever waits for a writer gets one in the end, so that this process can end.
    closeSync(openSync(path, constants.O_RDWR | constants.O_NONBLOCK));
  });
  await expect(root.open('a')).rejects.toMatchObject({ code: 'NOT_FOUND' });
});
