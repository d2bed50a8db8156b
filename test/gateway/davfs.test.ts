import { execFile, spawnSync } from 'node:child_process';
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { everythingIn, putFile, someBytes } from '../helpers/files.js';
import { localServer } from '../helpers/in-process.js';
import { tempFolder } from '../helpers/temp-folder.js';

// Whatever touches the mount is a process of its own: the server is in this one, and must not wait for itself.
const run = promisify(execFile);
const FILES: Record<string, Buffer | string> = {
  'large.bin': someBytes(5_000_000, 5),
  'sub/a b ö#?%.txt': 'odd',
  'sub/deep/empty': '',
  'top.txt': 'hello',
};
/** What putFile dates files back to. */
const MTIME = 1_767_323_045;
const CAP_SYS_ADMIN = 1n << 21n;

const obstacle = whyNoMount();
if (obstacle !== null) console.warn(`skipped: no mount by davfs2: ${obstacle}`);

function whyNoMount(): string | null {
  if (spawnSync('mount.davfs', ['--version']).error !== undefined) return 'it is not installed';
  const capabilities = /^CapEff:\s*(\w+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
  if ((BigInt(`0x${capabilities}`) & CAP_SYS_ADMIN) === 0n) return 'mounting is not allowed';
  try {
    closeSync(openSync('/dev/fuse', 'r+'));
    return null;
  } catch (error) {
    return String(error);
  }
}

/** Mounts what a server serves; the mount is gone before the server is. */
async function mounted(port: number): Promise<string> {
  const dir = tempFolder();
  const at = join(dir, 'mount');
  const cache = join(dir, 'cache');
  for (const folder of [at, cache]) mkdirSync(folder);
  // davfs2 gives up being root, and keeps here what it has fetched.
  chmodSync(dir, 0o755);
  chmodSync(cache, 0o777);
  // Since Linux 6.16 folders are read in larger pieces than the 16 KiB that davfs2 has room for.
  const settings = { ask_auth: 0, buf_size: 64, cache_dir: cache };
  const conf = join(dir, 'davfs2.conf');
  writeFileSync(
    conf,
    Object.entries(settings)
      .map((setting) => `${setting.join(' ')}\n`)
      .join(''),
  );
  onTestFinished(async () => {
    const daemon = daemonOf(at);
    await run('umount', ['-i', '-l', at]).catch(() => {});
    while (daemon !== null && existsSync(`/proc/${daemon}`)) await pause(20);
  });
  const args = ['-t', 'davfs', '-o', `ro,conf=${conf}`, `http://127.0.0.1:${port}/`, at];
  await run('mount', args, { env: { PATH: process.env.PATH } });
  return at;
}

function daemonOf(mount: string): string | null {
  const path = `/var/run/mount.davfs/${mount.slice(1).replaceAll('/', '-')}.pid`;
  return existsSync(path) ? readFileSync(path, 'utf8').trim() : null;
}

test.skipIf(obstacle !== null)(
  'davfs2: a mount lists everything, and its files have the bytes of the storage',
  async () => {
    const storage = tempFolder();
    for (const [name, content] of Object.entries(FILES)) putFile(storage, name, content);
    // More than come in one page of a listing.
    for (let at = 0; at < 1_100; at++) putFile(storage, `many/file ${at}.`, '');
    const { port } = await localServer(storage);
    const mount = await mounted(port);
    const { stdout } = await run('ls', ['-lR', '--time-style=+%s', mount]);
    for (const [name, content] of Object.entries(FILES)) {
      expect(stdout).toContain(` ${content.length} ${MTIME} ${name.slice(name.lastIndexOf('/') + 1)}\n`);
    }
    expect(stdout.match(new RegExp(` 0 ${MTIME} file \\d+\\.$`, 'gm'))).toHaveLength(1_100);
    const copy = tempFolder();
    await run('cp', ['-r', ...['large.bin', 'sub', 'top.txt'].map((name) => join(mount, name)), copy]);
    const files = everythingIn(copy).filter((path) => !path.endsWith('/'));
    expect(files).toEqual(Object.keys(FILES).sort());
    for (const [name, content] of Object.entries(FILES)) {
      expect(readFileSync(join(copy, name)).equals(Buffer.from(content)), name).toBe(true);
    }
  },
);
