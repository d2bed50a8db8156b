import { execFile } from 'node:child_process';
import { lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { startServer } from '../helpers/cli.js';
import { md5, putFile, someBytes } from '../helpers/files.js';
import { tempFolder } from '../helpers/temp-folder.js';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const PACKAGES_MAX = 90;
const SIZE_MAX = 40_000_000;

function sizeOf(folder: string): number {
  let size = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) size += lstatSync(join(entry.parentPath, entry.name)).size;
  }
  return size;
}

test('the packed package, installed into an empty folder, runs and is small', {
  timeout: 120_000,
}, async () => {
  const folder = tempFolder();
  const packed = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], {
    cwd: root,
  });
  const [{ filename, files }] = JSON.parse(packed.stdout) as [
    { filename: string; files: { path: string }[] },
  ];
  expect(
    files.map(({ path }) => path).filter((path) => /^(test|src|storage|downloads)\//.test(path)),
  ).toEqual([]);
  expect(files.map(({ path }) => path)).toEqual(
    expect.arrayContaining(['LICENSE', 'README.md', 'dist/index.d.ts']),
  );

  writeFileSync(join(folder, 'package.json'), '{ "name": "empty", "private": true, "type": "module" }');
  await run('npm', ['install', '--no-audit', '--no-fund', `./${filename}`], { cwd: folder });
  const program = join(folder, 'node_modules/.bin/sealift');
  const version = await run(program, ['--version'], { cwd: folder });
  const { version: expected } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    version: string;
  };
  expect(version.stdout.trim()).toBe(expected);

  const storage = tempFolder();
  const content = someBytes(200_000);
  putFile(storage, 'girl.png', content);
  const { url } = await startServer(storage);
  await run(program, ['fetch', 'girl.png', '-s', url], { cwd: folder });
  expect(md5(readFileSync(join(folder, 'downloads/girl.png')))).toBe(md5(content));

  const script = `import { connect } from 'sealift';
    const server = await connect('${url}');
    for await (const { name, md5 } of server.list()) console.log(name, md5);
    server.close();`;
  const library = await run(process.execPath, ['--input-type=module', '-e', script], { cwd: folder });
  expect(library.stdout.trim()).toBe(`girl.png ${md5(content)}`);

  const installed = await run('npm', ['ls', '--all', '--parseable'], { cwd: folder });
  expect(installed.stdout.trim().split('\n').length - 1).toBeLessThan(PACKAGES_MAX);
  expect(sizeOf(join(folder, 'node_modules'))).toBeLessThan(SIZE_MAX);
});
