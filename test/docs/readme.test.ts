import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { exitCodeOf } from '#sealift/errors/index.js';
import { sealift } from '../helpers/cli.js';
import { md5, putFile } from '../helpers/files.js';
import { tempFolder } from '../helpers/temp-folder.js';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const readme = readFileSync(join(root, 'README.md'), 'utf8');

test('the library example of the README type-checks and runs as written', async () => {
  const example = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
  const folder = tempFolder();
  putFile(folder, 'storage/girl.png', 'a picture');
  putFile(folder, 'storage/README.txt', 'what it says\n');
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(root, join(folder, 'node_modules/sealift'));
  symlinkSync(join(root, 'node_modules/@types'), join(folder, 'node_modules/@types'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(folder, 'example.ts'), example);
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const options = [
    '--module',
    'nodenext',
    '--target',
    'es2023',
    '--strict',
    '--types',
    'node',
    '--skipLibCheck',
  ];
  await run(process.execPath, [tsc, ...options, 'example.ts'], { cwd: folder });
  const { stdout } = await run(process.execPath, ['example.js'], { cwd: folder });
  expect(stdout).toContain('girl.png 9 ');
  expect(stdout).toContain('9 of 9');
  expect(stdout).toContain(`${join('downloads', 'girl.png')} ${md5('a picture')}`);
  expect(stdout).toContain('what it says');
});

test('the README and --help have the exit codes of the one table', async () => {
  const { stdout } = await sealift(['--help']);
  for (const code of [
    'USAGE',
    'NOT_FOUND',
    'CORRUPT',
    'NETWORK',
    'BUSY',
    'EXISTS',
    'PROTOCOL',
    'ABORTED',
  ] as const) {
    expect(readme).toContain(`| ${exitCodeOf(code)} |`);
    expect(stdout).toMatch(new RegExp(`\\b${exitCodeOf(code)} [a-z]`));
  }
});

test('every local link of the README leads somewhere', () => {
  for (const [, link = ''] of readme.matchAll(/\]\((?!https?:)([^)#]+)/g)) {
    expect(() => readFileSync(join(root, link)), link).not.toThrow();
  }
});
