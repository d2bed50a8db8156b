import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  constants,
  openSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { HashPool } from '#sealift/digest/index.js';
import { isName } from '#sealift/protocol/index.js';
import { MemoryIndex } from '#sealift/store/digest-index/memory-index.js';
import { DigestKeeper } from '#sealift/store/local/digest-keeper.js';
import { identityOf } from '#sealift/store/local/file-identity.js';
import { FileThread } from '#sealift/store/local/file-thread.js';
import { ServedRoot } from '#sealift/store/local/served-root.js';
import { SmallFileReader } from '#sealift/store/local/small-file-reader.js';
import type { RememberedFile, SmallFiles } from '#sealift/store/store.js';
import { digestsOf, putFile, rot, someBytes } from '../../helpers/files.js';
import { tempFolder } from '../../helpers/temp-folder.js';
import { untilThere } from '../../helpers/until.js';

/** A storage beside which there may be other folders, and its index. */
async function storageOf(files: Record<string, Buffer | string>) {
  const parent = tempFolder();
  const folder = join(parent, 'store');
  const index = new MemoryIndex();
  const pool = new HashPool(1);
  const keeper = new DigestKeeper(index, pool);
  const root = new ServedRoot(folder, isName);
  for (const [name, content] of Object.entries(files)) {
    putFile(folder, name, content);
    if (!isName(name)) continue;
    const { handle, stats } = await root.open(name);
    await handle.close();
    keeper.keep(name, identityOf(stats), digestsOf(content));
  }
  const thread = new FileThread(folder, { slots: 4, lateMs: null });
  const reader = new SmallFileReader(isName, keeper, thread);
  onTestFinished(async () => {
    await thread.close();
    await pool.close();
  });
  return { parent, folder, index, reader, keeper };
}

/** As soon as the thread is there. */
function batchOf(reader: SmallFileReader): Promise<SmallFiles> {
  return untilThere(() => reader.batch());
}

function addAll(batch: SmallFiles, names: string[]): { file: RememberedFile; at: number }[] {
  let at = 0;
  return names.map((name) => {
    const file = batch.remembered(name);
    if (file === null) throw new Error(`${name} is not remembered`);
    batch.add(file, at);
    at += file.facts.size;
    return { file, at: at - file.facts.size };
  });
}

const FILES = { a: someBytes(5_000, 1), 'd/b': someBytes(70_000, 2), 'd/empty': '', 'd/c': someBytes(1, 3) };

test('files are read together, each to its place, with what is remembered of it', async () => {
  const { reader } = await storageOf(FILES);
  const batch = await batchOf(reader);
  const added = addAll(batch, Object.keys(FILES));
  expect(await batch.read()).toBe(4);
  for (const [nth, [name, content]] of Object.entries(FILES).entries()) {
    const { file, at } = added[nth] as (typeof added)[0];
    const { md5, root } = digestsOf(content);
    expect(file.facts).toMatchObject({
      name,
      size: content.length,
      mtime: Date.parse('2026-01-02T03:04:05.678Z'),
    });
    expect(file.digests).toEqual({ md5, root });
    expect(batch.buffer.subarray(at, at + content.length).equals(Buffer.from(content))).toBe(true);
  }
});

const CHANGES: [string, (path: string, folder: string) => void][] = [
  ['was written to', (path) => writeFileSync(path, 'other')],
  ['was written to in hiding', (_path, folder) => rot(folder, 'd/b', someBytes(100, 9))],
  ['was cut short', (path) => truncateSync(path, 50)],
  ['is gone', (path) => rmSync(path)],
  [
    'was replaced',
    (path, folder) => {
      putFile(folder, '.new', someBytes(100, 2));
      renameSync(join(folder, '.new'), path);
    },
  ],
  [
    'has become a link to a file inside',
    (path) => {
      renameSync(path, `${path}2`);
      symlinkSync('b2', path);
    },
  ],
  [
    'lies outside, behind a link that its folder has become',
    (_path, folder) => {
      renameSync(join(folder, 'd'), join(folder, '../outside'));
      symlinkSync('../outside', join(folder, 'd'));
    },
  ],
];

test.each(CHANGES)('a file that %s is not read, nor what is behind it', async (_what, change) => {
  const { reader, folder } = await storageOf({ a: 'a', 'd/b': someBytes(100, 2), 'd/c': 'c' });
  const batch = await batchOf(reader);
  change(join(folder, 'd/b'), folder);
  addAll(batch, ['a', 'd/b', 'd/c']);
  expect(await batch.read()).toBe(1);
});

test('a file that has become a FIFO is not even opened: who waits to write to it waits on', async () => {
  const { reader, folder } = await storageOf({ a: 'a' });
  const batch = await batchOf(reader);
  addAll(batch, ['a']);
  const path = join(folder, 'a');
  rmSync(path);
  execFileSync('mkfifo', [path]);
  const writer = spawn('sh', ['-c', 'echo begun; : > "$0"', path], { stdio: ['ignore', 'pipe', 'ignore'] });
  onTestFinished(() => void writer.kill('SIGKILL'));
  await once(writer.stdout, 'data');
  // The shell opens it right after it has spoken; each of these would let it go.
  for (let round = 0; round < 200; round++) expect(await batch.read()).toBe(0);
  expect(writer.exitCode).toBeNull();
  const exited = once(writer, 'exit');
  closeSync(openSync(path, constants.O_RDONLY));
  expect(await exited).toEqual([0, null]);
});

test('what is not known, not small, not settled or rotten is not remembered, nor what has no name', async () => {
  const { reader, keeper, index, folder } = await storageOf({
    known: 'x',
    fresh: 'x',
    rotten: 'x',
    large: Buffer.alloc(128 * 1024 + 1),
    '.hidden': 'x',
  });
  putFile(folder, 'unknown', 'x');
  const known = index.get('known');
  if (known === undefined) throw new Error('not kept');
  index.put('.hidden', known);
  index.put('../store/known', known);
  index.put('seen', { ...known, md5: null });
  expect(() => keeper.keep('rotten', index.get('rotten')?.identity as never, digestsOf('y'))).toThrow();
  const batch = await batchOf(reader);
  const now = BigInt(Date.now() + 10) * 1_000_000n;
  index.put('fresh', { ...known, identity: { ...known.identity, ctimeNs: now } });
  const names = ['unknown', 'seen', 'large', 'fresh', 'rotten', '.hidden', '../store/known'];
  for (const name of names) expect(batch.remembered(name), name).toBeNull();
  expect(batch.remembered('known')).not.toBeNull();
});

test('a batch holds so many files and no more', async () => {
  const { reader } = await storageOf({ a: 'a' });
  const batch = await batchOf(reader);
  let files = 0;
  for (; !batch.isFull; files++) addAll(batch, ['a']);
  expect(files).toBe(256);
  // Those that it has no time for are left to be asked for again.
  expect(await batch.read()).toBeGreaterThan(0);
});
