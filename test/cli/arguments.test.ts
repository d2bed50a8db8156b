import { readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { sealift } from '../helpers/cli.js';
import { everythingIn, putFile } from '../helpers/files.js';
import { localServer } from '../helpers/in-process.js';
import { tempFolder } from '../helpers/temp-folder.js';

async function setUp() {
  const [storage, cwd] = [tempFolder(), tempFolder()];
  for (const name of ['-dash.txt', '0012', 'a', 'rep/b']) putFile(storage, name, name);
  const { url } = await localServer(storage);
  return { cwd, url, run: (...args: string[]) => sealift(args, { cwd, env: { SEALIFT_SERVER: url } }) };
}

test('of an option that is given twice the last one counts; names stay', async () => {
  const { run, cwd, url } = await setUp();
  const options = ['-s', '127.0.0.1:1', '--server', url, '--timeout', '1s', '--timeout', '9s', '-f', '-f'];
  expect((await run('fetch', 'a', 'rep/b', '-d', 'x', '-d', 'y', ...options)).code).toBe(0);
  expect((await run('fetch', 'a', '-o', 'p', '-o', 'q')).code).toBe(0);
  expect(everythingIn(cwd)).toEqual(['q', 'y/', 'y/a', 'y/rep/', 'y/rep/b']);
});

test('words behind -- are names', async () => {
  const { run, cwd } = await setUp();
  expect((await run('fetch', 'a', '--', '-dash.txt', '0012')).code).toBe(0);
  expect(everythingIn(join(cwd, 'downloads'))).toEqual(['-dash.txt', '0012', 'a']);
  expect((await run('info', '--', '-dash.txt')).stdout).toContain('name:      -dash.txt');
  expect((await run('list', '--json', '--', '-dash.txt')).stdout).toContain('"name":"-dash.txt"');
  expect(await run('verify', '--', '-dash.txt')).toMatchObject({ code: 0, stdout: '-dash.txt: OK\n' });
});

describe('usage that has to be told', () => {
  test.each([
    [['fetch', '-dash.txt'], /fetch -- -dash\.txt/],
    [['info', '-xyz'], /no such option: -x.*info -- -xyz/],
    [['info', 'a', '--', 'b'], /too many arguments: b/],
    [['--json', 'list'], /options come after the command: sealift list … --json/],
    [['-q', 'fetch', 'x'], /options come after the command: sealift fetch … -q/],
    [['version'], /sealift --version/],
    [['help', 'nonsense'], /no such command: nonsense/],
    [['completion', 'tcsh'], /bash, zsh, fish/],
    [['fetch', 'a', '-o', ''], /-o needs a value/],
    [['fetch', 'a', '-d', ''], /-d needs a value/],
    [['fetch', 'a', '--expect', ''], /--expect needs a value/],
    [['list', '-s', ''], /-s needs a value/],
    [['serve', '--port', ''], /--port needs a value/],
    [['serve', '--port', '1e3'], /--port is a whole number from 0 to 65535/],
    [['fetch', 'a', '-o', 'x', '-d', 'y'], /either --output.* or --dir/],
    [['fetch', 'a', '-o', '/dev/stdout'], /write -o - for stdout/],
    [['fetch', 'a', '-o', '/dev/null'], /not a regular file: write -o - > \/dev\/null/],
    [['list', '--timeout', 'soon'], /--timeout "soon": write for example/],
    [['serve', '--idle-timeout', 'soon'], /--idle-timeout "soon": write for example/],
  ])('%j', async (args, says) => {
    const result = await sealift(args);
    expect(result.stderr).toMatch(says);
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr.trimEnd().split('\n').length).toBeLessThanOrEqual(2);
  });
});

test('help as a word; completion in each shell', async () => {
  expect((await sealift(['help'])).stdout).toBe((await sealift(['--help'])).stdout);
  const help = await sealift(['help', 'fetch']);
  expect(help).toMatchObject({ code: 0, stdout: (await sealift(['fetch', '--help'])).stdout });
  const marks = { bash: 'complete -o', zsh: '#compdef', fish: 'complete -f -c' };
  for (const [shell, mark] of Object.entries(marks)) {
    const { code, stdout } = await sealift(['completion', shell], {
      env: { SHELL: '/bin/sh', ZSH_NAME: 'zsh' },
    });
    expect(code).toBe(0);
    expect(stdout).toContain(mark);
  }
});

test('a folder where a file is meant, and a link where a folder is meant', async () => {
  const { run, cwd } = await setUp();
  for (const args of [
    ['info', 'rep'],
    ['fetch', 'rep', '-o', 'x'],
    ['fetch', 'rep', '-o', '-'],
  ]) {
    const result = await run(...args);
    expect(result).toMatchObject({ code: 3, stdout: '' });
    expect(result.stderr).toContain('rep: this is a folder');
  }
  const elsewhere = tempFolder();
  putFile(cwd, 'downloads/a', 'a');
  symlinkSync(elsewhere, join(cwd, 'downloads/rep'));
  for (const force of [[], ['-f']]) {
    const result = await run('fetch', 'rep', ...force);
    expect(result.code).toBe(7);
    expect(result.stderr).toMatch(/does not write through links: remove it, or use another --dir\n$/);
  }
  expect(everythingIn(elsewhere)).toEqual([]);
});

test('a folder that is there already is fetched again', async () => {
  const { run, cwd } = await setUp();
  for (const force of [[], [], ['-f']]) expect((await run('fetch', 'rep', ...force)).code).toBe(0);
  expect(readFileSync(join(cwd, 'downloads/rep/b'), 'utf8')).toBe('rep/b');
});
