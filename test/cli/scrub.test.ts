import { once } from 'node:events';
import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { isName } from '#sealift/protocol/index.js';
import { LmdbIndex } from '#sealift/store/digest-index/lmdb-index.js';
import { scrubFolder } from '#sealift/store/index.js';
import { sealift, startCli, startServer } from '../helpers/cli.js';
import { md5, putFile, putSparse, rot, someBytes } from '../helpers/files.js';
import { tempFolder } from '../helpers/temp-folder.js';
import { Wire } from '../helpers/wire.js';

const FAULTS = fileURLToPath(new URL('../helpers/fault-fs.js', import.meta.url));

/** As the program does it, but without a process. */
async function scrubHere(folder: string): Promise<void> {
  await scrubFolder(folder, { accepts: isName, signal: new AbortController().signal });
}

/** A storage with three files that are in its index. */
async function storage(): Promise<string> {
  const folder = tempFolder();
  putFile(folder, 'a.txt', 'hello');
  putFile(folder, 'b.txt', 'world');
  putFile(folder, 'sub/large.bin', someBytes(300_000));
  await scrubHere(folder);
  return folder;
}

const SUMMARY = /^([\d,]+) files?, [\d.]+ [kMG]?B verified in (?:<1s|\d+s): (.*)$/m;

test('first everything is new, then everything is verified, and nothing is said on stdout', async () => {
  const folder = tempFolder();
  putFile(folder, 'a.txt', 'hello');
  putFile(folder, 'sub/b.txt', 'world');
  const first = await sealift(['scrub', folder]);
  expect(first).toMatchObject({ code: 0, stdout: '' });
  expect(SUMMARY.exec(first.stderr)?.slice(1)).toEqual(['2', '0 rotten, 2 new, 0 changed, 0 unreadable']);
  expect(first.stderr).toMatch(/^sealift: no file was in the index: there was nothing to compare with/m);
  const second = await sealift(['scrub', folder]);
  expect(second).toMatchObject({ code: 0, stdout: '' });
  expect(second.stderr).toMatch(
    /^2 files, 10 B verified in <1s: 0 rotten, 0 new, 0 changed, 0 unreadable\n$/,
  );
  expect(await sealift(['scrub', folder, '-q'])).toMatchObject({ code: 0, stdout: '', stderr: '' });
});

test('without a folder it is storage/', async () => {
  const cwd = tempFolder();
  putFile(cwd, 'storage/a', 'hello');
  const { code, stderr } = await sealift(['scrub'], { cwd });
  expect(code).toBe(0);
  expect(stderr).toMatch(/^1 file, 5 B verified/);
  expect(existsSync(join(cwd, 'storage/.sealift'))).toBe(true);
});

test('rot is told in a line each, new and changed files are counted, and the exit code is 4', async () => {
  const folder = await storage();
  rot(folder, 'a.txt', 'hellO');
  putFile(folder, 'new.txt', 'new');
  putFile(folder, 'b.txt', 'of another size');
  const { code, stdout, stderr } = await sealift(['scrub', folder]);
  expect({ code, stdout }).toEqual({ code: 4, stdout: 'a.txt: ROTTEN\n' });
  expect(SUMMARY.exec(stderr)?.slice(1)).toEqual(['4', '1 rotten, 1 new, 1 changed, 0 unreadable']);
  // Known by now, and told again.
  expect(await sealift(['scrub', folder, '-q'])).toMatchObject({
    code: 4,
    stdout: 'a.txt: ROTTEN\n',
    stderr: '',
  });
});

test('a name with control characters cannot forge a line', async () => {
  const folder = tempFolder();
  // No name that is served has any; what is printed is escaped all the same.
  putFile(folder, 'x\u001b[2J.txt', 'hello');
  const { code, stdout, stderr } = await sealift(['scrub', folder]);
  expect(code).toBe(0);
  expect(stdout + stderr).not.toContain('\u001b');
  expect(stderr).toMatch(/^0 files, 0 B verified/);
});

test('a file that cannot be read is told on stderr: 7, unless something is rotten', async () => {
  const folder = await storage();
  const faulty = (op: string, code: string) => ({
    nodeArgs: ['--import', FAULTS],
    env: { FAULT_OP: op, FAULT_CODE: code, FAULT_PATH: 'b.txt' },
  });
  const damaged = await sealift(['scrub', folder], faulty('read', 'EIO'));
  expect(damaged).toMatchObject({ code: 7, stdout: '' });
  expect(damaged.stderr).toMatch(/^b\.txt: the disk reports an input\/output error$/m);
  expect(damaged.stderr).toContain('0 rotten, 0 new, 0 changed, 1 unreadable');
  const forbidden = await sealift(['scrub', folder, '-q'], faulty('open', 'EACCES'));
  expect(forbidden).toMatchObject({ code: 7, stdout: '', stderr: 'b.txt: permission denied\n' });
  rot(folder, 'a.txt', 'hellO');
  expect(await sealift(['scrub', folder], faulty('read', 'EIO'))).toMatchObject({ code: 4 });
});

test.skipIf(process.getuid?.() === 0)('a folder that cannot be read is told as well', async () => {
  const folder = await storage();
  chmodSync(join(folder, 'sub'), 0o000);
  onTestFinished(() => chmodSync(join(folder, 'sub'), 0o700));
  const { code, stderr } = await sealift(['scrub', folder]);
  expect(code).toBe(7);
  expect(stderr).toMatch(/^sub: permission denied$/m);
});

test('Ctrl-C: 130, and what was done so far', async () => {
  const folder = await storage();
  rot(folder, 'a.txt', 'hellO');
  putSparse(folder, 'endless', 2 ** 42);
  for (const args of [[], ['--limit', '10kB/s']]) {
    const { child, result } = startCli(['scrub', folder, '--json', ...args]);
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
    for await (const line of lines) if (JSON.parse(line).event === 'progress') break;
    const interrupted = once(child, 'exit');
    child.kill('SIGINT');
    await interrupted;
    const { code, stdout } = await result;
    expect(code).toBe(130);
    const summary = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
    expect(summary).toMatchObject({ event: 'summary', complete: false });
    expect(summary.files).toBeLessThan(4);
  }
  const { child, result } = startCli(['scrub', folder]);
  const [text] = await once(child.stdout as NodeJS.ReadableStream, 'data');
  expect(String(text)).toBe('a.txt: ROTTEN\n');
  child.kill('SIGTERM');
  expect(await result).toMatchObject({
    code: 130,
    stderr: expect.stringMatching(/^interrupted; \d file.*1 rotten/),
  });
});

test('--json: events a line each, and nothing else', async () => {
  const folder = await storage();
  rot(folder, 'a.txt', 'hellO');
  const { code, stdout, stderr } = await sealift(['scrub', folder, '--json', '--limit', '400kB/s']);
  expect({ code, stderr }).toEqual({ code: 4, stderr: '' });
  const events = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(events.filter(({ event }) => event === 'file')).toEqual([
    { event: 'file', name: 'a.txt', status: 'rotten' },
  ]);
  const progress = events.filter(({ event }) => event === 'progress');
  expect(progress.length).toBeGreaterThan(2);
  expect(progress[0]).toMatchObject({ totalFiles: 3, totalBytes: 300_010 });
  for (const [at, { bytes }] of progress.entries()) {
    expect(bytes).toBeGreaterThanOrEqual(at === 0 ? 0 : progress[at - 1].bytes);
  }
  expect(events.at(-1)).toEqual({
    event: 'summary',
    ...{ files: 3, bytes: 300_010, verified: 2, new: 0, changed: 0, rotten: 1, unreadable: 0 },
    ...{ index: 'storage', seconds: expect.any(Number), complete: true },
  });
});

test('--limit holds over all files', async () => {
  const folder = await storage();
  for (let at = 0; at < 30; at++) putFile(folder, `small/${at}`, someBytes(10_000, at + 1));
  const { code, stdout } = await sealift(['scrub', folder, '--json', '--limit', '400kB/s']);
  expect(code).toBe(0);
  const { bytes, seconds } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
  expect(bytes).toBe(600_010);
  expect(seconds).toBeGreaterThan(1.4);
});

test('wrong usage, and a folder that is not there', async () => {
  expect(await sealift(['scrub', '.', '--limit', 'fast'])).toMatchObject({ code: 2 });
  expect(await sealift(['scrub', 'a', 'b'])).toMatchObject({ code: 2 });
  const missing = await sealift(['scrub', join(tempFolder(), 'missing')]);
  expect(missing).toMatchObject({ code: 7, stdout: '' });
  expect(missing.stderr).toContain('no such file or folder');
});

test('an index in memory has nothing to compare with', async () => {
  const folder = tempFolder();
  putFile(folder, 'a', 'hello');
  writeFileSync(join(folder, '.sealift'), 'in the way');
  const { code, stderr } = await sealift(['scrub', folder], { env: { XDG_CACHE_HOME: join(folder, 'a') } });
  expect(code).toBe(0);
  expect(stderr).toMatch(/^sealift: no folder for the index is writable: there was nothing to compare with/m);
});

test('beside a running server: it refuses what the scrub found, and serves what is fine', async () => {
  const folder = await storage();
  const server = await startServer(folder);
  const wire = await Wire.to(server.port);
  expect(await wire.ask({ op: 'stat', name: 'sub/large.bin' })).toMatchObject({ ok: true });
  // Rot that the server has no way to notice: nothing but the index tells of it.
  const shared = new LmdbIndex(join(folder, '.sealift'), 'storage');
  const record = shared.get('a.txt');
  if (record === undefined) throw new Error('not in the index');
  shared.put('a.txt', { ...record, md5: md5('what it was') });
  await shared.close();
  expect(await sealift(['scrub', folder])).toMatchObject({ code: 4, stdout: 'a.txt: ROTTEN\n' });
  expect(await wire.ask({ op: 'get', name: 'a.txt' })).toMatchObject({ ok: false, code: 'CORRUPT' });
  expect((await wire.askBody({ op: 'get', name: 'b.txt' })).body.toString()).toBe('world');
  const listed = await sealift(['list', 'a.txt', '-s', server.url, '--json']);
  expect(JSON.parse(listed.stdout)).toMatchObject({ md5: null, rotten: true });
});

test('serve --scrub: finds rot behind a running server, tells begin, rot and end, and stops at once', async () => {
  const folder = await storage();
  const server = await startServer(folder, ['--scrub', '50ms', '--scrub-limit', '100MB/s']);
  rot(folder, 'a.txt', 'hellO');
  const seen = (text: string) => server.log().includes(text);
  while (!seen('1 rotten')) await once(server.child.stderr as NodeJS.ReadableStream, 'data');
  expect(server.log()).toMatch(/^sealift: scrub: reading the whole storage again$/m);
  expect(server.log()).toMatch(/ a\.txt: the server's copy is damaged/);
  expect(server.log()).toMatch(/^sealift: scrub: 3 files, .* 1 rotten, 0 new, 0 changed, 0 unreadable$/m);
  const wire = await Wire.to(server.port);
  expect(await wire.ask({ op: 'get', name: 'a.txt' })).toMatchObject({ code: 'CORRUPT' });
  expect(await server.stop()).toMatchObject({ code: 0 });
});

test('serve --scrub takes no hashing slot, and nobody waits for its slow reading', async () => {
  const folder = tempFolder();
  putSparse(folder, 'large', 50_000_000);
  await scrubHere(folder);
  // 50 s for the file.
  const args = ['--scrub', '1ms', '--scrub-limit', '1MB/s', '--hashers', '1'];
  const server = await startServer(folder, args);
  while (!server.log().includes('scrub: reading'))
    await once(server.child.stderr as NodeJS.ReadableStream, 'data');
  const wire = await Wire.to(server.port);
  putSparse(folder, 'wanted', 10_000_000);
  expect(await wire.ask({ op: 'stat', name: 'wanted' })).toMatchObject({ ok: true });
  expect(await wire.ask({ op: 'stat', name: 'large', fresh: true })).toMatchObject({ ok: true });
  expect(server.log()).not.toContain('verified in');
  expect(await server.stop()).toMatchObject({ code: 0 });
  expect(server.log()).not.toContain('verified in');
});

test.each(['0', 'daily', ''])('serve --scrub %j is wrong usage', async (interval) => {
  expect(await sealift(['serve', tempFolder(), '--scrub', interval])).toMatchObject({ code: 2 });
  expect(await sealift(['serve', tempFolder(), '--scrub-limit', 'slow'])).toMatchObject({ code: 2 });
});
