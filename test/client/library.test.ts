import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { connect, exitCodeOf, type Sealift, SealiftError } from '#sealift/index.js';
import { everythingIn, md5, putFile, someBytes } from '../helpers/files.js';
import { localServer } from '../helpers/in-process.js';
import { tempFolder } from '../helpers/temp-folder.js';

const BODY = someBytes(2_500_000);

async function setUp(): Promise<{ client: Sealift; dir: string }> {
  const [storage, dir] = [tempFolder(), tempFolder()];
  putFile(storage, 'a.bin', BODY);
  putFile(storage, 'sub/b.txt', 'hello');
  const client = await connect((await localServer(storage)).url);
  onTestFinished(() => client.close());
  return { client, dir };
}

test('list, stat, fetch, verify, read, ping', async () => {
  const { client, dir } = await setUp();
  const names: string[] = [];
  for await (const { name } of client.list()) names.push(name);
  expect(names).toEqual(['a.bin', 'sub/b.txt']);
  expect(await client.stat('sub/b.txt')).toMatchObject({ type: 'text/plain', size: 5, md5: md5('hello') });
  const file = await client.fetch('a.bin', { dir });
  expect(file).toMatchObject({ status: 'done', path: join(dir, 'a.bin'), size: BODY.length, resumedFrom: 0 });
  expect(readFileSync(file.path).equals(BODY)).toBe(true);
  expect(await client.fetch('a.bin', { dir })).toMatchObject({ status: 'skipped' });
  expect(await client.verify('a.bin', { dir })).toEqual({ status: 'OK' });
  expect(await client.verify('sub/b.txt', { dir })).toEqual({ status: 'MISSING' });
  expect(await client.ping('ahoy')).toBeGreaterThan(0);
  await expect(client.ping('x'.repeat(1_025))).rejects.toMatchObject({ code: 'USAGE' });
});

test('more than a page of names comes as one', async () => {
  const storage = tempFolder();
  const names = Array.from({ length: 2_100 }, (_, at) => `f${String(at).padStart(4, '0')}`);
  for (const name of names) putFile(storage, name, '');
  const client = await connect((await localServer(storage)).url);
  const found: string[] = [];
  for await (const { name } of client.list('f*')) found.push(name);
  client.close();
  expect(found).toEqual(names);
});

test('callbacks tell the start, every piece, and the end', async () => {
  const { client, dir } = await setUp();
  const starts: number[] = [];
  const progress: number[] = [];
  await client.fetch('a.bin', {
    dir,
    onStart: ({ size }) => starts.push(size),
    onProgress: ({ bytes }) => progress.push(bytes),
  });
  expect(starts).toEqual([BODY.length]);
  expect(progress[0]).toBe(0);
  expect(progress.at(-1)).toBe(BODY.length);
  expect(progress).toEqual([...progress].sort((a, b) => a - b));
});

test('aborting in mid-body rejects with ABORTED and leaves nothing', async () => {
  const { client, dir } = await setUp();
  const abort = new AbortController();
  const fetched = client.fetch('a.bin', {
    dir,
    signal: abort.signal,
    onProgress: ({ bytes }) => bytes > 0 && abort.abort(new Error('enough')),
  });
  await expect(fetched).rejects.toMatchObject({ name: 'SealiftError', code: 'ABORTED' });
  expect(everythingIn(dir)).toEqual([]);
  const late = { dir, signal: AbortSignal.abort() };
  await expect(client.fetch('a.bin', late)).rejects.toMatchObject({ code: 'ABORTED' });
  await expect(client.stat('a.bin', late)).rejects.toMatchObject({ code: 'ABORTED' });
});

test('aborting while a local file is hashed is ABORTED too', async () => {
  const { client, dir } = await setUp();
  putFile(dir, 'a.bin', BODY);
  const abort = new AbortController();
  const verified = client.verify('a.bin', {
    dir,
    entry: { name: 'a.bin', type: '', size: BODY.length, md5: md5(BODY), mtime: 0 },
    signal: abort.signal,
  });
  abort.abort();
  await expect(verified).rejects.toMatchObject({ code: 'ABORTED' });
});

test('errors have a stable code and one line', async () => {
  const { client, dir } = await setUp();
  const failures = {
    NOT_FOUND: () => client.fetch('nope', { dir }),
    USAGE: () => client.fetch('a.bin', { dir, expect: 'md5:xyz' }),
    CORRUPT: () => client.fetch('a.bin', { dir, expect: `md5:${md5('other')}` }),
  };
  for (const [code, failure] of Object.entries(failures)) {
    const error = await failure().catch((error: unknown) => error);
    expect(error).toBeInstanceOf(SealiftError);
    expect(error).toMatchObject({ code });
    expect((error as Error).message).not.toContain('\n');
  }
  expect(exitCodeOf('NOT_FOUND')).toBe(3);
  expect(everythingIn(dir)).toEqual([]);
  for (const name of ['', '..', '../x', '/x', 'a/../b', '.hidden', 'a//b', 'a\\b', 'a\0b']) {
    await expect(client.fetch(name, { dir })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(() => client.read(name)).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }));
  }
});

test('a listing’s entry saves asking, and a digest that is not known is asked for', async () => {
  const { client, dir } = await setUp();
  putFile(dir, 'sub/b.txt', 'hello');
  const entry = { name: 'sub/b.txt', type: 'text/plain', size: 5, md5: md5('other'), mtime: 0 };
  expect(await client.verify('sub/b.txt', { dir, entry })).toEqual({ status: 'FAILED' });
  expect(await client.verify('sub/b.txt', { dir, entry: { ...entry, md5: null } })).toEqual({ status: 'OK' });
});

test('two fetches of one file at once: both are right', async () => {
  const { client, dir } = await setUp();
  const both = await Promise.all([client.fetch('a.bin', { dir }), client.fetch('a.bin', { dir })]);
  expect(both.map(({ md5 }) => md5)).toEqual([md5(BODY), md5(BODY)]);
  expect(everythingIn(dir)).toEqual(['a.bin']);
});

test('the server’s time comes along, and files may be put elsewhere', async () => {
  const { client, dir } = await setUp();
  const { path } = await client.fetch('sub/b.txt', { output: join(dir, 'x/y.txt') });
  const { mtime } = await client.stat('sub/b.txt');
  expect(Math.floor(statSync(path).mtimeMs)).toBe(mtime);
  expect(everythingIn(dir)).toEqual(['x/', 'x/y.txt']);
});
