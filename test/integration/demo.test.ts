import { execFile } from 'node:child_process';
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { isName } from '#sealift/protocol/index.js';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const SAMPLES_MAX = 2_000_000;

test('the demo shows a download that is verified and one that is rejected', async () => {
  const { stdout, stderr } = await run(process.execPath, [join(root, 'test/demo/run-demo.js')]);
  expect(stdout).toContain('girl.png: OK');
  expect(stderr).toMatch(/^REJECTED girl\.png: .*damaged on the way here/m);
  expect(stdout).toContain('Exit code 4; nothing was left behind.');
  expect(stdout).toContain(join(root, 'downloads/girl.png'));
});

test('the samples are real and small', () => {
  const storage = join(root, 'storage');
  const files = readdirSync(storage, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(storage.length + 1))
    .filter(isName);
  const sizes = new Map(files.map((name) => [name, lstatSync(join(storage, name)).size]));
  expect([...sizes.values()].reduce((sum, size) => sum + size)).toBeLessThan(SAMPLES_MAX);
  expect([...sizes.values()]).toContain(0);
  for (const wanted of [/\p{Script=Han}/u, / /, /\.csv$/, /\.pdf$/, /\.txt$/, /\//]) {
    expect(files.some((name) => wanted.test(name))).toBe(true);
  }
  const picture = readFileSync(join(storage, 'girl.png'));
  expect(picture.subarray(1, 4).toString()).toBe('PNG');
  expect(Math.min(picture.readUInt32BE(16), picture.readUInt32BE(20))).toBeGreaterThanOrEqual(512);
});
