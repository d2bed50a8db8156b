import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { sealift, startServer } from '../helpers/cli.js';
import { everythingIn, putFile, rot, someBytes } from '../helpers/files.js';
import { localServer } from '../helpers/in-process.js';
import { tempFolder } from '../helpers/temp-folder.js';
import { Wire } from '../helpers/wire.js';

const FAULTS = fileURLToPath(new URL('../helpers/fault-fs.js', import.meta.url));
const CONTENT = someBytes(2_500_000, 57);

interface Fault {
  op: string;
  code?: string;
  nth?: number;
  path?: string;
}

function faultEnv({ op, code = 'EIO', nth = 1, path = '' }: Fault): NodeJS.ProcessEnv {
  return { FAULT_OP: op, FAULT_CODE: code, FAULT_NTH: String(nth), FAULT_PATH: path };
}

/** Fetches `big.bin` with a client whose disk has this fault. */
async function fetchWith(fault: Fault, { args = [] as string[], before = null as string | null } = {}) {
  const [storage, downloads] = [tempFolder(), tempFolder()];
  putFile(storage, 'big.bin', CONTENT);
  if (before !== null) putFile(downloads, 'big.bin', before);
  const server = await localServer(storage);
  const result = await sealift(['fetch', 'big.bin', '-s', server.url, '-d', downloads, ...args], {
    nodeArgs: ['--import', FAULTS],
    env: faultEnv(fault),
  });
  return { ...result, downloads, target: join(downloads, 'big.bin') };
}

function expectRefusal(result: Awaited<ReturnType<typeof fetchWith>>, says: RegExp): void {
  expect(result.stderr).toMatch(says);
  expect(result.stderr.split('\n').filter((line) => line.startsWith('failed'))).toHaveLength(1);
  expect(result.stderr).toContain(result.target);
  expect(result.stderr).not.toContain('bug in Sealift');
  expect(result.code).toBe(7);
}

const FULL: Fault[] = [
  { op: 'write', code: 'ENOSPC', nth: 1 },
  { op: 'write', code: 'ENOSPC', nth: 3 },
  { op: 'write', code: 'EDQUOT', nth: 2 },
  { op: 'open', code: 'ENOSPC', path: '.part' },
  { op: 'sync', code: 'ENOSPC' },
];

describe('case 57: the disk is full', () => {
  test.each(FULL)('case 57: $code at $op number $nth', async (fault) => {
    const result = await fetchWith(fault);
    expectRefusal(result, /no space left|quota exceeded/);
    expect(everythingIn(result.downloads)).toEqual([]);
  });

  test('case 57: a file that is there stays as it is', async () => {
    const result = await fetchWith(
      { op: 'write', code: 'ENOSPC', nth: 2 },
      { args: ['--force'], before: 'old' },
    );
    expectRefusal(result, /free some and try again/);
    expect(readFileSync(result.target, 'utf8')).toBe('old');
    expect(everythingIn(result.downloads)).toEqual(['big.bin']);
  });
});

test('case 58: a read error on the server resets the connection, and the client gives up with code 5', async () => {
  const [storage, downloads] = [tempFolder(), tempFolder()];
  putFile(storage, 'big.bin', CONTENT);
  const server = await startServer(storage, ['--log', 'pretty'], {
    nodeArgs: ['--import', FAULTS],
    env: faultEnv({ op: 'read', nth: 6 }),
  });
  const result = await sealift(['fetch', 'big.bin', '-s', server.url, '-d', downloads]);
  expect(result.code).toBe(5);
  expect(result.stderr).toMatch(/failed {3}big\.bin: /);
  expect(existsSync(join(downloads, 'big.bin'))).toBe(false);
  // Whole chunks that came before it may be kept for the next fetch.
  expect(everythingIn(downloads).filter((name) => !name.endsWith('.part'))).toEqual([]);
  expect(server.log()).toContain('cannot read this file');
  expect(server.child.exitCode).toBeNull();
});

describe('case 59: fsync fails', () => {
  test('case 59: of the file: the download fails, and fsync is not tried again', async () => {
    const result = await fetchWith({ op: 'sync' });
    expectRefusal(result, /input\/output error/);
    expect(everythingIn(result.downloads)).toEqual([]);
    expect(result.stderr.match(/\[fault\]/g)).toHaveLength(1);
  });

  test('case 59: of the folder: no success is reported', async () => {
    const result = await fetchWith({ op: 'folder-sync' });
    expectRefusal(result, /input\/output error/);
    expect(result.stdout).toBe('');
    expect(result.stderr).not.toContain('verified');
  });

  test('case 59: of the folder that a new folder is in: nothing is fetched into it', async () => {
    const [storage, downloads] = [tempFolder(), tempFolder()];
    putFile(storage, 'a/b/c.txt', 'hello');
    const { url } = await localServer(storage);
    const result = await sealift(['fetch', 'a/b/c.txt', '-s', url, '-d', join(downloads, 'new')], {
      nodeArgs: ['--import', FAULTS],
      env: faultEnv({ op: 'folder-sync' }),
    });
    expect(result.code).toBe(7);
    expect(result.stderr).toMatch(/input\/output error/);
    expect(everythingIn(downloads)).toEqual(['new/']);
  });

  test('case 59: a folder that cannot be synced at all is no error', async () => {
    const result = await fetchWith({ op: 'folder-sync', code: 'EINVAL' });
    expect(result.code).toBe(0);
    expect(readFileSync(result.target).equals(CONTENT)).toBe(true);
  });

  test('case 59: --no-fsync does not ask for it', async () => {
    const result = await fetchWith({ op: 'sync' }, { args: ['--no-fsync'] });
    expect(result.code).toBe(0);
    expect(result.stderr).not.toContain('[fault]');
  });
});

const LOCAL: (Fault & { says: RegExp })[] = [
  { op: 'open', code: 'EACCES', path: '.part', says: /permission denied/ },
  { op: 'open', code: 'EROFS', path: '.part', says: /read-only/ },
  { op: 'link', code: 'EXDEV', says: /another file system/ },
  { op: 'link', code: 'EACCES', says: /permission denied/ },
  { op: 'link', code: 'EROFS', says: /read-only/ },
  { op: 'statfs', code: 'EIO', says: /input\/output error/ },
  { op: 'chmod', code: 'EIO', says: /input\/output error/ },
  { op: 'utimes', code: 'EROFS', says: /read-only/ },
  { op: 'close', code: 'EIO', path: '.part', says: /input\/output error/ },
];

describe('case 60: the folder cannot be written to', () => {
  test.each(LOCAL)('case 60: $code at $op', async ({ says, ...fault }) => {
    const result = await fetchWith(fault);
    expectRefusal(result, says);
    expect(everythingIn(result.downloads)).toEqual([]);
  });

  test.each(['EXDEV', 'EACCES', 'EROFS'])('case 60: %s at rename', async (code) => {
    const result = await fetchWith({ op: 'rename', code }, { args: ['--force'], before: 'old' });
    expectRefusal(result, /another file system|permission denied|read-only/);
    expect(readFileSync(result.target, 'utf8')).toBe('old');
    expect(everythingIn(result.downloads)).toEqual(['big.bin']);
  });

  test.each(['EACCES', 'EROFS'])('case 60: %s at making the folder', async (code) => {
    const [storage, downloads] = [tempFolder(), tempFolder()];
    putFile(storage, 'a/b.txt', 'hello');
    const { url } = await localServer(storage);
    for (const dir of [downloads, join(downloads, 'new')]) {
      const result = await sealift(['fetch', 'a/b.txt', '-s', url, '-d', dir], {
        nodeArgs: ['--import', FAULTS],
        env: faultEnv({ op: 'mkdir', code }),
      });
      expect(result.code).toBe(7);
      expect(result.stderr).toContain(dir);
    }
    expect(everythingIn(downloads)).toEqual([]);
  });

  test('case 60: a folder that cannot be closed is no error: nothing was written through it', async () => {
    const result = await fetchWith({ op: 'folder-close' });
    expect(result).toMatchObject({ code: 0 });
    expect(readFileSync(result.target).equals(CONTENT)).toBe(true);
  });

  test('case 60: where links are not possible the file is renamed', async () => {
    const result = await fetchWith({ op: 'link', code: 'EPERM' });
    expect(result).toMatchObject({ code: 0 });
    expect(everythingIn(result.downloads)).toEqual(['big.bin']);
  });

  test.skipIf(process.getuid?.() === 0)('case 60: a folder without write permission', async () => {
    const [storage, downloads] = [tempFolder(), tempFolder()];
    putFile(storage, 'a.txt', 'hello');
    const server = await startServer(storage);
    chmodSync(downloads, 0o555);
    const result = await sealift(['fetch', 'a.txt', '-s', server.url, '-d', downloads]);
    expect(result.code).toBe(7);
  });
});

test('case 61: short writes are completed', async () => {
  const result = await fetchWith({ op: 'short-write' });
  expect(result).toMatchObject({ code: 0 });
  expect(readFileSync(result.target).equals(CONTENT)).toBe(true);
});

test('case 61: a time that the file system cannot hold loses no file', async () => {
  const result = await fetchWith({ op: 'utimes', code: 'EINVAL' });
  expect(result).toMatchObject({ code: 0 });
});

test('a file in the way of a folder, and a folder in the way of a file', async () => {
  const [storage, downloads] = [tempFolder(), tempFolder()];
  putFile(storage, 'a/b.txt', 'hello');
  putFile(storage, 'c', 'hello');
  putFile(downloads, 'a', 'in the way');
  mkdirSync(join(downloads, 'c'));
  const elsewhere = tempFolder();
  symlinkSync(elsewhere, join(downloads, 'link'));
  putFile(storage, 'link/d.txt', 'hello');
  const { url } = await localServer(storage);
  for (const [name, says] of [
    ['a/b.txt', 'a file stands where a folder is needed'],
    ['c', 'a folder or special file is in the way'],
    ['link/d.txt', 'symbolic link stands in the way'],
  ] as const) {
    const result = await sealift(['fetch', name, '-s', url, '-d', downloads, '--force']);
    expect(result.code).toBe(7);
    expect(result.stderr).toContain(says);
  }
  expect(everythingIn(elsewhere)).toEqual([]);
  expect(readFileSync(join(downloads, 'a'), 'utf8')).toBe('in the way');
});

test.each([{ defer: true }, {}, { offset: 1_000, length: 2_000_000 }])(
  'case 58: a read error in mid-body resets the connection, and the server goes on: %j',
  async (options) => {
    const storage = tempFolder();
    putFile(storage, 'big.bin', CONTENT);
    const server = await startServer(storage, ['--log', 'off'], {
      nodeArgs: ['--import', FAULTS],
      env: faultEnv({ op: 'read', nth: 3 }),
    });
    const wire = await Wire.to(server.port);
    const header = await wire.ask({ op: 'get', name: 'big.bin', ...options });
    expect(header).toMatchObject({ ok: true });
    expect(await wire.wasReset()).toBe(true);
    expect(wire.unread).toBeLessThan(Number(header.length));
    // Where nothing of a body was sent, the failure can be told.
    const next = await Wire.to(server.port);
    expect(await next.ask({ op: 'get', name: 'big.bin', ...options })).toMatchObject({ code: 'INTERNAL' });
    expect(await next.ask({ op: 'ping' })).toMatchObject({ ok: true });
  },
);

describe('case 62: bit rot at rest', () => {
  /** One bit of the file flips, and nothing that a look at it tells. */
  const flip = (storage: string) => {
    const damaged = Buffer.from(CONTENT);
    damaged[1_234_567] = (damaged[1_234_567] as number) ^ 4;
    rot(storage, 'big.bin', damaged);
  };

  test('case 62: a scrub beside a running server finds it; nobody gets the file, not after a restart either', async () => {
    const [storage, downloads] = [tempFolder(), tempFolder()];
    putFile(storage, 'big.bin', CONTENT);
    putFile(storage, 'fine.txt', 'fine');
    let server = await startServer(storage);
    const fetch = (name: string) => sealift(['fetch', name, '-s', server.url, '-d', downloads, '--force']);
    expect(await fetch('big.bin')).toMatchObject({ code: 0 });
    flip(storage);
    expect(await sealift(['scrub', storage])).toMatchObject({ code: 4, stdout: 'big.bin: ROTTEN\n' });
    for (const round of ['running', 'restarted']) {
      if (round === 'restarted') {
        await server.stop();
        server = await startServer(storage);
      }
      expect((await fetch('big.bin')).code, round).toBe(4);
      expect(await fetch('fine.txt'), round).toMatchObject({ code: 0 });
      const wire = await Wire.to(server.port);
      for (const op of ['get', 'stat', 'manifest']) {
        expect(await wire.ask({ op, name: 'big.bin' })).toMatchObject({ ok: false, code: 'CORRUPT' });
      }
    }
    expect(readFileSync(join(downloads, 'big.bin')).equals(CONTENT)).toBe(true);
    // The damaged bytes have not become the file's bytes in the index: a scrub still tells, and so does a third.
    expect(await sealift(['scrub', storage])).toMatchObject({ code: 4, stdout: 'big.bin: ROTTEN\n' });
    // Restored, under a time of its own.
    writeFileSync(join(storage, 'big.bin'), CONTENT);
    expect(await fetch('big.bin')).toMatchObject({ code: 0 });
  });

  test('case 62: what rots while no server runs is not hashed anew in silence', async () => {
    const storage = tempFolder();
    putFile(storage, 'big.bin', CONTENT);
    expect(await sealift(['scrub', storage, '-q'])).toMatchObject({ code: 0 });
    flip(storage);
    const server = await startServer(storage);
    const wire = await Wire.to(server.port);
    const reply = await wire.ask({ op: 'get', name: 'big.bin' });
    expect(reply).toMatchObject({ ok: false, code: 'CORRUPT' });
    expect(await sealift(['scrub', storage, '-q'])).toMatchObject({ code: 4, stdout: 'big.bin: ROTTEN\n' });
  });
});

test.each([[['big.bin']], [['sub/*']]])(
  'new folders on the way to what is fetched are synced, by whichever path they are named: %j',
  async (names) => {
    const [storage, above] = [tempFolder(), tempFolder()];
    // One in a folder: of several that are ready at once, one sync may do for all of them, or not.
    for (const name of ['big.bin', 'sub/a']) putFile(storage, name, CONTENT.subarray(0, 100_000));
    const server = await localServer(storage);
    const cwd = join(above, 'cwd');
    mkdirSync(cwd);
    const syncs = async (dir: string) => {
      const env = { ...faultEnv({ op: 'folder-sync' }), FAULT_LIST: '1' };
      const args = ['fetch', ...names, '-s', server.url, '-d', dir];
      const result = await sealift(args, { cwd, nodeArgs: ['--import', FAULTS], env });
      expect(result).toMatchObject({ code: 0 });
      return /\[calls\] (\d+)/.exec(result.stderr)?.[1];
    };
    const count = await syncs(join(above, 'absolute/new'));
    expect(Number(count)).toBeGreaterThanOrEqual(3);
    expect(await syncs('../relative/new')).toBe(count);
    expect(await syncs('below/new')).toBe(count);
  },
);
