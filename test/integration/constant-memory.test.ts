import { closeSync, ftruncateSync, openSync, readFileSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startCli, startServer } from '../helpers/cli.js';
import { tempFolder } from '../helpers/temp-folder.js';

const SIZE = 2 ** 30;
const LIMIT_KB = 200_000;

/** Highest resident memory of a process so far, in kB. */
function peakOf(pid: number | undefined): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]);
}

test.skipIf(process.platform !== 'linux')(
  'a file of 1 GiB takes under 200 MB of memory on both sides',
  async () => {
    const [storage, downloads] = [tempFolder(), tempFolder()];
    const path = join(storage, 'huge.bin');
    const fd = openSync(path, 'w');
    ftruncateSync(fd, SIZE);
    closeSync(fd);
    utimesSync(path, 1_700_000_000, 1_700_000_000);
    const server = await startServer(storage, ['--log', 'off']);
    const args = ['fetch', 'huge.bin', '-s', server.url, '-d', downloads, '--no-fsync', '--json'];
    const { child, result } = startCli(args);
    const peaks: number[] = [];
    child.stdout?.on('data', () => {
      // Gone already with the last event.
      if (child.exitCode === null) peaks.push(peakOf(child.pid));
    });
    expect(await result).toMatchObject({ code: 0 });
    expect(statSync(join(downloads, 'huge.bin')).size).toBe(SIZE);
    expect(peaks.length).toBeGreaterThan(2);
    expect(Math.max(...peaks)).toBeLessThan(LIMIT_KB);
    expect(peakOf(server.child.pid)).toBeLessThan(LIMIT_KB);
  },
  60_000,
);
