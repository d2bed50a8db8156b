import fs, { chmodSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { connect, type ManyFilesOptions, type WantedFile } from '#sealift/index.js';
import { everythingIn, md5, putFile, someBytes } from '../../helpers/files.js';
import { tempFolder } from '../../helpers/temp-folder.js';
import { type TreeTricks, treeServer } from '../../helpers/tree-server.js';
import { frame, type Wire } from '../../helpers/wire.js';

type Files = Record<string, Buffer | string>;

/** `count` files in folders of ten. */
function tree(count: number): Files {
  return Object.fromEntries(
    Array.from({ length: count }, (_, at) => [
      `d${String(Math.floor(at / 10)).padStart(3, '0')}/f${at % 10}`,
      someBytes(at % 7 === 0 ? 0 : 100 + at, at + 1),
    ]),
  );
}

interface Outcome {
  dir: string;
  /** What was told of each name. */
  told: Record<string, string>;
  error: unknown;
}

/** Fetches all that the server lists. */
async function fetchAll(
  url: string,
  options: Partial<ManyFilesOptions<WantedFile>> = {},
  dir = join(tempFolder(), 'downloads'),
): Promise<Outcome> {
  const client = await connect(url, { retries: 2, retryDelay: 1, timeout: 5_000 });
  onTestFinished(() => client.close());
  const told: Record<string, string> = {};
  const tell = (name: string, what: string) => {
    told[name] = name in told ? `${told[name]}, and ${what}` : what;
  };
  const pages = async function* (): AsyncGenerator<WantedFile[]> {
    for await (const page of client.listPages()) yield page.map((entry) => ({ name: entry.name, entry }));
  };
  let error: unknown = null;
  try {
    await client.fetchMany(pages(), {
      dir,
      ...options,
      onDone: ({ status }, { name }) => tell(name, status),
      onFailed: (reason, { name }) => tell(name, (reason as { code: string }).code),
    });
  } catch (reason) {
    error = reason;
  }
  return { dir, told, error };
}

function expectFiles(dir: string, files: Files): void {
  expect(everythingIn(dir).filter((path) => !path.endsWith('/'))).toEqual(Object.keys(files).sort());
  for (const [name, content] of Object.entries(files)) {
    expect(md5(readFileSync(join(dir, name))), name).toBe(md5(content));
  }
}

function allTold(files: Files, what: string): Record<string, string> {
  return Object.fromEntries(Object.keys(files).map((name) => [name, what]));
}

describe.each([false, true])('fsync %s', (fsync) => {
  test('each file once, many requests ahead, right bytes, the mode of any new file and its time', async () => {
    const files = tree(1_250);
    const server = await treeServer(files);
    const { dir, told } = await fetchAll(server.url, { fsync });
    expect(told).toEqual(allTold(files, 'done'));
    expectFiles(dir, files);
    expect(new Set(server.asked.values())).toEqual(new Set([1]));
    expect(server.mostAhead()).toBeGreaterThan(100);
    expect(server.mostAhead()).toBeLessThanOrEqual(256);
    const { mtimeMs, mode, nlink } = statSync(join(dir, 'd000/f1'));
    expect([Math.floor(mtimeMs), mode & 0o777, nlink]).toEqual([
      1_767_225_600_000,
      0o666 & ~process.umask(),
      1,
    ]);
  });

  test('what matches is left alone and not asked for; what differs needs force', async () => {
    const files = tree(60);
    const server = await treeServer(files);
    const { dir } = await fetchAll(server.url, { fsync });
    server.asked.clear();
    writeFileSync(join(dir, 'd000/f1'), 'mine');
    writeFileSync(join(dir, 'd000/f2'), 'x'.repeat(102));
    const again = await fetchAll(server.url, { fsync }, dir);
    expect(again.told).toEqual({
      ...allTold(files, 'skipped'),
      'd000/f1': 'EXISTS',
      'd000/f2': 'EXISTS',
    });
    expect([...server.asked.keys()].sort()).toEqual(['d000/f1', 'd000/f2']);
    expect(readFileSync(join(dir, 'd000/f1'), 'utf8')).toBe('mine');
    const forced = await fetchAll(server.url, { fsync, force: true }, dir);
    expect(forced.told).toEqual({ ...allTold(files, 'skipped'), 'd000/f1': 'done', 'd000/f2': 'done' });
    expectFiles(dir, files);
  });
});

/** A server of forty files that plays a trick on one of them, in the middle. */
function tricked(tricks: TreeTricks) {
  return treeServer(tree(40), tricks);
}

const VICTIM = 'd002/f3';
const only = <V>(name: string, of: V, otherwise: V) => (name === VICTIM ? of : otherwise);
const flipped = (body: Buffer) => Buffer.from(body.map((byte) => byte ^ 1));

describe('a surprise with one file is looked at closer, and the others come', () => {
  test.each<[string, TreeTricks]>([
    ['other bytes', { body: (body, name, nth) => only(name, nth === 0 ? flipped(body) : body, body) }],
    [
      'another name',
      {
        header: (header, name, nth) =>
          nth === 0 ? only(name, { ...header, name: 'd002/f4' }, header) : header,
      },
    ],
    [
      'another digest',
      {
        header: (header, name, nth) => (nth === 0 ? only(name, { ...header, md5: md5('') }, header) : header),
      },
    ],
    ['a failure', { answer: (wire, name, nth) => name === VICTIM && nth === 0 && refuse(wire, 'BUSY') }],
    ['an end in mid-body', { answer: (wire, name, nth) => name === VICTIM && nth === 0 && cut(wire, name) }],
    [
      'bytes behind the body',
      { body: (body, name, nth) => (nth === 0 ? only(name, Buffer.concat([body, body]), body) : body) },
    ],
    ['garbage for a header', { answer: (wire, name, nth) => name === VICTIM && nth === 0 && garble(wire) }],
    [
      'a size in the listing that is none of its',
      { entry: (entry) => ({ ...entry, size: 1, md5: md5('x') }) },
    ],
    ['no digest in the listing', { entry: (entry) => ({ ...entry, md5: null }) }],
    [
      'a digest behind the body',
      {
        header: (header) => ({ ...header, md5: null, deferred: true }),
        body: (body) => Buffer.concat([body, frame({ ok: true, md5: md5(body) })]),
      },
    ],
  ])('%s, once', async (_, tricks) => {
    const server = await tricked(tricks);
    const { dir, told, error } = await fetchAll(server.url, { fsync: false });
    expect([error, told]).toEqual([null, allTold(tree(40), 'done')]);
    expectFiles(dir, tree(40));
  });

  test.each<[string, string, TreeTricks]>([
    ['other bytes', 'CORRUPT', { body: (body, name) => only(name, flipped(body), body) }],
    ['another name', 'PROTOCOL', { header: (header, name) => only(name, { ...header, name: 'x' }, header) }],
    ['a failure', 'FORBIDDEN', { answer: (wire, name) => name === VICTIM && refuse(wire, 'FORBIDDEN') }],
    ['an end in mid-body', 'NETWORK', { answer: (wire, name) => name === VICTIM && cut(wire, name) }],
    [
      'another digest behind the body',
      'CORRUPT',
      {
        header: (header, name) => only<typeof header>(name, { ...header, md5: null, deferred: true }, header),
        body: (body, name) => only(name, Buffer.concat([body, frame({ ok: true, md5: md5('') })]), body),
      },
    ],
  ])('%s, each time', async (_, code, tricks) => {
    const server = await tricked(tricks);
    const { dir, told, error } = await fetchAll(server.url, { fsync: false });
    expect([error, told]).toEqual([null, { ...allTold(tree(40), 'done'), [VICTIM]: code }]);
    const { [VICTIM]: _victim, ...others } = tree(40);
    expectFiles(dir, others);
  });
});

function refuse(wire: Wire, code: string): true {
  wire.send({ ok: false, code, message: 'not now' });
  return true;
}

function cut(wire: Wire, name: string): true {
  const about = { ok: true, name, type: 'x/y', size: 90, md5: md5('x'), mtime: 0, offset: 0, length: 90 };
  wire.write(Buffer.concat([frame(about), Buffer.alloc(50)]));
  wire.socket.end();
  return true;
}

function garble(wire: Wire): true {
  wire.write('HTTP/1.1 400 Bad Request\r\n\r\n');
  return true;
}

test('a file that has grown past what is held in memory comes all the same', async () => {
  const large = someBytes(1_200_000, 5);
  const files = { ...tree(40), [VICTIM]: large };
  const server = await treeServer(files, { entry: (entry) => ({ ...entry, size: 10 }) });
  const { dir, told } = await fetchAll(server.url, { fsync: false });
  expect(told).toEqual(allTold(files, 'done'));
  expectFiles(dir, files);
  // Not taken out of the pipeline: asked for again, by itself.
  expect(server.asked.get(VICTIM)).toBeGreaterThan(1);
});

test('large files among small ones', async () => {
  const files = { ...tree(30), 'big/a': someBytes(2_500_000, 8), 'd001/big': someBytes(1_100_000, 9) };
  const server = await treeServer(files);
  const { dir, told } = await fetchAll(server.url);
  expect(told).toEqual(allTold(files, 'done'));
  expectFiles(dir, files);
});

test('a server that cuts every connection after a few replies does not stop a fetch', async () => {
  const replies = new Map<unknown, number>();
  const server = await treeServer(tree(60), {
    answer: (wire) => {
      const before = replies.get(wire) ?? 0;
      replies.set(wire, before + 1);
      if (before < 7) return false;
      wire.socket.destroy();
      return true;
    },
  });
  const { dir, told } = await fetchAll(server.url, { fsync: false });
  expect(told).toEqual(allTold(tree(60), 'done'));
  expectFiles(dir, tree(60));
});

test('a server that answers one request of a connection, and no more, is fetched from one by one', async () => {
  const server = await treeServer(tree(20), {
    answer: async (wire, name) => {
      const content = Buffer.from(tree(20)[name] ?? '');
      const about = { ok: true, name, type: 'x/y', size: content.length, md5: md5(content), mtime: 0 };
      wire.write(Buffer.concat([frame({ ...about, offset: 0, length: content.length }), content]));
      wire.socket.end();
      return true;
    },
  });
  const { dir, told } = await fetchAll(server.url, { fsync: false });
  expect(told).toEqual(allTold(tree(20), 'done'));
  expectFiles(dir, tree(20));
});

test('a server that goes for good is told of soon, not for each file again', async () => {
  let isGone = false;
  const server = await treeServer(tree(400), {
    answer: (wire, name) => {
      isGone ||= name === 'd020/f0';
      if (isGone) wire.socket.destroy();
      return isGone;
    },
  });
  // Whoever connects is turned away as well: the listing is at its end by then.
  const { told, error } = await fetchAll(server.url, { fsync: false });
  const values = Object.values(told);
  expect(values.filter((what) => what === 'done').length).toBeGreaterThanOrEqual(150);
  expect(values.every((what) => what === 'done' || what === 'NETWORK')).toBe(true);
  // It answers a ping, so that each file is tried.
  expect([error, values.length]).toEqual([null, 400]);
});

test('links and special files in the way are looked at with care, and nothing is written through a link', async () => {
  const files = tree(30);
  const server = await treeServer(files);
  const [outside, dir] = [tempFolder(), tempFolder()];
  mkdirSync(join(dir, 'd000/f1'), { recursive: true });
  symlinkSync(join(outside, 'planted'), join(dir, 'd000/f2'));
  symlinkSync(outside, join(dir, 'd001'));
  const { told } = await fetchAll(server.url, { fsync: false }, dir);
  const refused = Object.keys(files).filter((name) => /^d000\/f[12]$|^d001/.test(name));
  expect(told).toEqual({
    ...allTold(files, 'done'),
    ...Object.fromEntries(refused.map((name) => [name, 'EXISTS'])),
  });
  expect(everythingIn(outside)).toEqual([]);
});

test('a file that somebody puts there meanwhile is not replaced', async () => {
  const dir = tempFolder();
  const server = await treeServer(tree(20), {
    answer: (_wire, name, nth) => {
      if (nth === 0) putFile(dir, name, 'theirs');
      return false;
    },
  });
  const { told } = await fetchAll(server.url, { fsync: false }, dir);
  expect(told).toEqual(allTold(tree(20), 'EXISTS'));
  expectFiles(dir, allTold(tree(20), 'theirs'));
});

test('what the disk has no room for is refused before it is written', async () => {
  const full = { type: 0, bsize: 4_096, blocks: 1_000, bfree: 0, bavail: 0, files: 0, ffree: 0 };
  vi.spyOn(fs, 'statfsSync').mockReturnValue(full);
  vi.spyOn(fs.promises, 'statfs').mockResolvedValue(full);
  syncBuiltinESMExports();
  onTestFinished(() => {
    vi.restoreAllMocks();
    syncBuiltinESMExports();
  });
  const files = { 'a/b': 'some', 'a/c': 'more' };
  const { dir, told } = await fetchAll((await treeServer(files)).url);
  expect(told).toEqual(allTold(files, 'NO_SPACE'));
  expect(everythingIn(dir).filter((path) => !path.endsWith('/'))).toEqual([]);
});

test('names of the caller are checked, whatever their entries say', async () => {
  const server = await treeServer({});
  const client = await connect(server.url);
  onTestFinished(() => client.close());
  const outside = tempFolder();
  const codes: string[] = [];
  const names = ['../a', 'x/../../a', '/a', 'a\\b', '.hidden'];
  const wanted = names.map((name) => ({ name, entry: { name, type: 'x/y', size: 1, md5: null, mtime: 0 } }));
  await client.fetchMany(wanted, {
    dir: join(outside, 'downloads'),
    onFailed: (error) => codes.push(codeOf(error)),
  });
  expect(codes).toEqual(names.map(() => 'NOT_FOUND'));
  expect(server.asked.size).toBe(0);
  expect(everythingIn(outside)).toEqual([]);
});

test('a list of names: looked up many at a time, and each file comes, or is told of', async () => {
  const files = tree(50);
  const late = new Map<Wire, Buffer[]>();
  const failing: TreeTricks = {
    // One fails in the middle, and those behind it are on their way for long.
    list: (wire, { pattern }) => {
      const waiting = late.get(wire);
      if (waiting) waiting.push(frame({ ok: true, count: 0, length: 0, next: null }));
      else if (pattern !== 'd002/f0') return false;
      else {
        late.set(wire, []);
        refuse(wire, 'INTERNAL');
      }
      return true;
    },
    answer: (wire) => {
      for (const reply of late.get(wire)?.splice(0) ?? []) wire.write(reply);
      return false;
    },
  };
  for (const tricks of [{}, failing]) {
    const server = await treeServer(files, tricks);
    const client = await connect(server.url);
    onTestFinished(() => client.close());
    const dir = tempFolder();
    const failed: string[] = [];
    const names = [...Object.keys(files), 'd000', 'nothing', '../x', 'x'.repeat(2_000)];
    await client.fetchMany(
      names.map((name) => ({ name })),
      { dir, fsync: false, onFailed: (error, { name }) => failed.push(`${codeOf(error)} ${name}`) },
    );
    expect(failed.sort()).toEqual(
      names
        .slice(-4)
        .map((name) => `NOT_FOUND ${name}`)
        .sort(),
    );
    expectFiles(dir, files);
    expect(new Set(Object.keys(files).map((name) => server.asked.get(name)))).toEqual(new Set([1]));
    if (tricks !== failing) expect(server.mostAhead()).toBeGreaterThan(25);
  }
});

function codeOf(error: unknown): string {
  return (error as { code: string }).code;
}

test('what earlier fetches left of a file is removed, and what is old of any', async () => {
  const server = await treeServer({ 'd/f': 'new' });
  const dir = tempFolder();
  const tag = md5('f').slice(0, 16);
  // Of a process that is certainly gone: no number is as large.
  const part = `.sealift-${tag}-${'0'.repeat(16)}-00000000-00000000-4194999-00000000-00000000.part`;
  putFile(dir, `d/${part}`, 'left behind');
  const { told } = await fetchAll(server.url, {}, dir);
  expect(told).toEqual({ 'd/f': 'done' });
  expect(everythingIn(dir)).toEqual(['d/', 'd/f']);
});

test('a folder that may not be written to fails its own files', async (context) => {
  if (process.getuid?.() === 0) context.skip();
  const server = await treeServer(tree(20));
  const dir = tempFolder();
  mkdirSync(join(dir, 'd001'));
  chmodSync(join(dir, 'd001'), 0o500);
  const { told } = await fetchAll(server.url, {}, dir);
  expect(Object.values(told).filter((what) => what === 'PERMISSION')).toHaveLength(10);
  expect(Object.values(told).filter((what) => what === 'done')).toHaveLength(10);
});

test('ABORTED at once, and no part file is left', async () => {
  const files = tree(300);
  const abort = new AbortController();
  const server = await treeServer(files, {
    answer: async (_wire, name) => {
      if (name === 'd015/f0') {
        abort.abort();
        await sleep(0);
      }
      return false;
    },
  });
  // The folder may not have been made yet.
  const { dir, error } = await fetchAll(server.url, { signal: abort.signal }, tempFolder());
  expect(error).toMatchObject({ name: 'SealiftError', code: 'ABORTED' });
  expect(everythingIn(dir).filter((path) => path.includes('.sealift'))).toEqual([]);
});

test('-j 1 takes turns between small and large files', async () => {
  const files = { ...tree(50), 'a/large': someBytes(1_500_000, 3) };
  const server = await treeServer(files);
  const { dir, told } = await fetchAll(server.url, { jobs: 1, fsync: false });
  expect(told).toEqual(allTold(files, 'done'));
  expectFiles(dir, files);
});
