import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { startCli } from '../helpers/cli.js';
import { maliciousServer } from '../helpers/wire.js';

const isLinux = process.platform === 'linux';
if (!isLinux) console.warn('SKIPPED: what others see of a process is looked up in /proc, on Linux only');

test.runIf(isLinux).each([
  ['a token', (host: string) => ['info', 'a.bin', `-s=sealift://S3CRET@${host}`]],
  ['a capability', (host: string) => ['list', '--server', `http://${host}/.sealift/share/S3CRET/`]],
])('case 86: %s in the arguments is hidden, and still used', async (_, words) => {
  let reach = () => {};
  const reached = new Promise<void>((resolve) => (reach = resolve));
  const { host } = new URL(await maliciousServer(() => reach()));
  const args = words(host);
  const { child } = startCli(args);
  await reached;
  const shown = readFileSync(`/proc/${child.pid}/cmdline`, 'latin1').replace(/\0+$/, '');
  expect(shown).toBe(`sealift ${args[0]}`);
  expect(
    execFileSync('ps', ['-ww', '-o', 'args=', '-p', String(child.pid)], { encoding: 'utf8' }).trim(),
  ).toBe(shown);
});
