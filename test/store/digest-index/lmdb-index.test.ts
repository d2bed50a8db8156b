import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { blake3 } from '@napi-rs/blake-hash';
import { open } from 'lmdb';
import { expect, onTestFinished, test } from 'vitest';
import { type IndexRecord, notHashed } from '#sealift/store/digest-index/digest-index.js';
import { INDEX_FILE, LmdbIndex } from '#sealift/store/digest-index/lmdb-index.js';
import { PROGRAM } from '../../helpers/cli.js';
import { CHUNK, md5, putFile, someBytes } from '../../helpers/files.js';
import { namesIn } from '../../helpers/store.js';
import { tempFolder } from '../../helpers/temp-folder.js';
import { Wire } from '../../helpers/wire.js';

const record: IndexRecord = {
  ...notHashed({ dev: 1n, ino: 2n, size: 3n, mtimeNs: -4n, ctimeNs: 5n }),
  md5: 'd41d8cd98f00b204e9800998ecf8427e',
  rotten: true,
};

test('reopening keeps the records', async () => {
  const folder = tempFolder();
  const first = new LmdbIndex(folder, 'storage');
  first.put('a/b', record);
  await first.close();
  const second = new LmdbIndex(folder, 'storage');
  expect(second.get('a/b')).toEqual(record);
  expect(namesIn(second, { least: '' }, 10)).toEqual(['a/b']);
  await second.close();
});

test('two on one folder in one process see each other, and closing one leaves the other', async () => {
  const folder = tempFolder();
  const [one, other] = [new LmdbIndex(folder, 'storage'), new LmdbIndex(folder, 'storage')];
  one.put('a', record);
  other.put('b', record);
  await Promise.all([one.settled(), other.settled()]);
  expect(namesIn(one, { least: '' }, 10)).toEqual(['a', 'b']);
  expect(other.get('a')).toEqual(record);
  await one.close();
  other.remove('a');
  await other.settled();
  expect(namesIn(other, { least: '' }, 10)).toEqual(['b']);
  await other.close();
});

test('two processes write to one folder and see each other', async () => {
  const folder = tempFolder();
  const here = new LmdbIndex(folder, 'storage');
  const code = `
    import { LmdbIndex } from ${JSON.stringify(import.meta.resolve('#sealift/store/digest-index/lmdb-index.js'))};
    const index = new LmdbIndex(process.argv[1], 'storage');
    const record = { identity: { dev: 1n, ino: 2n, size: 3n, mtimeNs: 4n, ctimeNs: 5n }, md5: null, root: null, onlyChunk: null, verifiedAt: null, rotten: false };
    for (let at = 0; at < 500; at++) { index.put('there' + at, record); if (at % 50 === 0) await index.settled(); }
    await index.settled();
    process.stdout.write(String(index.entries({ least: '' }, 10_000).filter(({ name }) => name.startsWith('here')).length));
    await index.close();`;
  for (let at = 0; at < 250; at++) here.put(`here${at}`, record);
  await here.settled();
  const cwd = fileURLToPath(new URL('../../..', import.meta.url));
  const child = spawn(process.execPath, ['--input-type=module', '-e', code, folder], { cwd });
  let seenThere = '';
  child.stdout.on('data', (text) => (seenThere += text));
  const ended = once(child, 'close');
  for (let at = 250; at < 500; at++) {
    here.put(`here${at}`, record);
    if (at % 50 === 0) await here.settled();
  }
  await here.settled();
  expect((await ended)[0]).toBe(0);
  expect(Number(seenThere)).toBeGreaterThanOrEqual(250);
  const names = namesIn(here, { least: '' }, 10_000);
  expect(names.filter((name) => name.startsWith('here'))).toHaveLength(500);
  expect(names.filter((name) => name.startsWith('there'))).toHaveLength(500);
  await here.close();
});

test('a full disk costs what was not written, but no name: the index goes on in memory', async () => {
  const storage = tempFolder();
  const names = Array.from({ length: 3_000 }, (_, at) => `some-folder/${String(at).padStart(4, '0')}`);
  for (const name of names) putFile(storage, name, name);
  // A limit on the size of files stands for the disk that is full.
  const command = `trap '' XFSZ; ulimit -f 100; exec "$0" "$@"`;
  const args = [PROGRAM, 'serve', storage, '--port', '0', '--json', '--log', 'off'];
  const child = spawn('sh', ['-c', command, process.execPath, ...args], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  const wire = await Wire.to(JSON.parse(line).port);
  const listed: string[] = [];
  for (let after: unknown; after !== null; ) {
    const { header, body } = await wire.askBody({ op: 'list', ...(after === undefined ? {} : { after }) });
    listed.push(
      ...body
        .toString()
        .trim()
        .split('\n')
        .map((entry) => JSON.parse(entry).name),
    );
    after = header.next;
  }
  expect(listed).toEqual(names);
  expect(await wire.ask({ op: 'stat', name: names[7] })).toMatchObject({ md5: md5(names[7] as string) });
  expect(statSync(join(storage, '.sealift', INDEX_FILE)).size).toBeLessThan(3_000 * 60);
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  expect(await exited).toEqual([0, null]);
});

test('a name that somebody else removes as soon as it is there is no reason to leave the index', async () => {
  const folder = tempFolder();
  const [own, other] = [new LmdbIndex(folder, 'storage'), new LmdbIndex(folder, 'storage')];
  for (let round = 0; round < 20; round++) {
    own.put('a', record);
    other.remove('a');
    await own.settled();
    await other.settled();
  }
  own.put('b', record);
  await own.settled();
  await own.close();
  const later = new LmdbIndex(folder, 'storage');
  expect(later.get('b')).toEqual(record);
  await Promise.all([other.close(), later.close()]);
});

test('who looks at an index that is being closed finds nothing, and harms nothing', async () => {
  const index = new LmdbIndex(tempFolder(), 'storage');
  index.put('a', record);
  await index.settled();
  const closing = index.close();
  for (let turn = 0; turn < 20; turn++) {
    expect(index.get('a')).toBeUndefined();
    expect(namesIn(index, { least: '' }, 1)).toEqual([]);
    index.put('b', record);
    index.remove('a');
    await new Promise((resolve) => setImmediate(resolve));
  }
  await closing;
  expect(index.get('a')).toBeUndefined();
  // What LMDB has planned for the next turns is done by now.
  await new Promise((resolve) => setTimeout(resolve, 5));
});

const chunks = 2 * 4_096;
const manifest = someBytes(chunks * 32);
const bigRecord: IndexRecord = {
  ...notHashed({ dev: 1n, ino: 2n, size: BigInt(chunks * CHUNK), mtimeNs: 3n, ctimeNs: 4n }),
  md5: 'd41d8cd98f00b204e9800998ecf8427e',
  root: blake3(manifest).toString('hex'),
  verifiedAt: 5,
};

test('reopening keeps manifests, and what a probe counts is what is there', async () => {
  const folder = tempFolder();
  const first = new LmdbIndex(folder, 'storage');
  first.put('a', record);
  first.put('big', bigRecord, manifest);
  first.scrubbedAt = 7;
  await first.close();
  const second = new LmdbIndex(folder, 'storage');
  expect(second.get('big')).toEqual(bigRecord);
  expect(second.scrubbedAt).toBe(7);
  const pieces = [0, 1].map((at) => second.piece('big', bigRecord, at) as Buffer);
  expect(Buffer.concat(pieces).equals(manifest)).toBe(true);
  expect(second.piece('big', bigRecord, 2)).toBeUndefined();
  expect(second.readAll(100)).toBe(true);
  expect(namesIn(second, { least: '' }, 10)).toEqual(['a', 'big']);
  expect(namesIn(second, { behind: 'big' }, 10)).toEqual([]);
  await second.close();
});

test('no piece stays behind of names that are removed or replaced', async () => {
  const folder = tempFolder();
  const index = new LmdbIndex(folder, 'storage');
  for (const name of ['a', 'b']) index.put(name, bigRecord, manifest);
  await index.settled();
  index.remove('a');
  index.put('b', record);
  await index.close();
  const db = open({ path: join(folder, INDEX_FILE), encoding: 'binary', keyEncoding: 'binary' });
  expect([...db.getKeys()].map(String)).toEqual(['b']);
  await db.close();
});

test('a manifest that was damaged, or belongs to another root, is not believed', async () => {
  const folder = tempFolder();
  const index = new LmdbIndex(folder, 'storage');
  index.put('big', bigRecord, manifest);
  await index.settled();
  const db = open<Buffer, Buffer>({
    path: join(folder, INDEX_FILE),
    encoding: 'binary',
    keyEncoding: 'binary',
  });
  const [key = Buffer.alloc(0)] = [...db.getKeys()].filter((one) => one[0] === 0xff);
  const right = Buffer.from(db.get(key) as Buffer);
  for (const at of [0, 5, 40, right.length - 1]) {
    const wrong = Buffer.from(right);
    wrong[at] = (wrong[at] as number) ^ 1;
    await db.put(key, wrong);
    await aTurn();
    expect(index.piece('big', bigRecord, 0), `byte ${at}`).toBeUndefined();
  }
  for (const wrong of [
    right.subarray(0, -32),
    Buffer.concat([right, right.subarray(-32)]),
    Buffer.alloc(0),
  ]) {
    await db.put(key, wrong);
    await aTurn();
    expect(index.piece('big', bigRecord, 0), `${wrong.length} bytes`).toBeUndefined();
  }
  await db.put(key, right);
  await aTurn();
  expect(index.piece('big', bigRecord, 0)?.equals(manifest.subarray(0, 4_096 * 32))).toBe(true);
  expect(index.piece('big', { ...bigRecord, root: 'e'.repeat(64) }, 0)).toBeUndefined();
  expect(index.piece('big', bigRecord, 1)?.length).toBe(4_096 * 32);
  await Promise.all([db.close(), index.close()]);
});

/** A reader sees what others committed from the next turn of the event loop on. */
const aTurn = () => new Promise((resolve) => setTimeout(resolve, 1));
