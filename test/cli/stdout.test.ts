import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PROGRAM, startServer } from '../helpers/cli.js';
import { everythingIn, putFile, someBytes } from '../helpers/files.js';
import { tempFolder } from '../helpers/temp-folder.js';

const HAS_FULL = existsSync('/dev/full');

test.runIf(HAS_FULL)(
  'stdout that cannot be written: one line, exit 7; files are fetched all the same',
  async () => {
    const [storage, cwd] = [tempFolder(), tempFolder()];
    for (const name of ['a', 'b']) putFile(storage, name, someBytes(100_000));
    const { url } = await startServer(storage);
    mkdirSync(join(cwd, 'downloads'));
    const run = (...args: string[]) => {
      const script = `exec "${process.execPath}" "${PROGRAM}" "$@" > /dev/full`;
      const env = { ...process.env, SEALIFT_SERVER: url };
      return spawnSync('sh', ['-c', script, 'sh', ...args], { cwd, env, encoding: 'utf8' });
    };
    const line = 'sealift: cannot write to stdout: no space left on device\n';
    for (const args of [['list'], ['list', '--json'], ['info', 'a'], ['fetch', 'a', '-o', '-'], ['--help']]) {
      expect(run(...args)).toMatchObject({ status: 7, stderr: line });
    }
    const fetched = run('fetch', 'a', 'b');
    expect(fetched.status).toBe(7);
    expect(fetched.stderr.match(/cannot write to stdout/g)).toHaveLength(1);
    expect(fetched.stderr.match(/^verified/gm)).toHaveLength(2);
    expect(everythingIn(join(cwd, 'downloads'))).toEqual(['a', 'b']);
    expect(run('verify')).toMatchObject({ status: 7, stderr: line });
  },
);
