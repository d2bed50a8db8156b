import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import stringWidth from 'string-width';
import { describe, expect, test } from 'vitest';
import { PROGRAM, sealift } from '../helpers/cli.js';
import { md5, putFile, putSparse, rot } from '../helpers/files.js';
import { localServer } from '../helpers/in-process.js';
import { tempFolder } from '../helpers/temp-folder.js';

async function setUp() {
  const [storage, cwd] = [tempFolder(), tempFolder()];
  putFile(storage, 'girl.png', 'picture');
  putFile(storage, 'notes from the harbour.txt', 'notes');
  putFile(storage, 'reports/tides.csv', 'tides');
  putFile(storage, '海运/港口笔记.txt', 'port');
  const { url } = await localServer(storage);
  const run = (...args: string[]) => sealift(args, { cwd, env: { SEALIFT_SERVER: url } });
  return { storage, cwd, url, run };
}

describe('list', () => {
  test('a table whose columns stand below each other, Chinese names included', async () => {
    const { run } = await setUp();
    const { code, stdout, stderr } = await run('ls');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const [header = '', ...rows] = stdout.trimEnd().split('\n');
    expect(header).toMatch(/^NAME +SIZE +VERIFIED +TYPE +MODIFIED +MD5$/);
    expect(rows).toHaveLength(4);
    const md5Column = stringWidth(header.slice(0, header.indexOf('MD5')));
    for (const row of rows) {
      expect(stringWidth(row)).toBeGreaterThan(md5Column);
      const beforeLast = row.slice(0, row.lastIndexOf('  ') + 2);
      expect(stringWidth(beforeLast)).toBe(md5Column);
    }
  });

  test('when each file was last verified, within 80 columns; never, and what is rotten', async () => {
    const { storage, run } = await setUp();
    await run('list', '--md5sum');
    putSparse(storage, 'endless.bin', 2 ** 42);
    rot(storage, 'girl.png', 'pictuRe');
    expect(await run('info', 'girl.png')).toMatchObject({ code: 4 });
    const { stdout } = await run('list');
    const column = stdout.indexOf('VERIFIED');
    expect(column).toBeLessThan(72);
    const cellOf = (name: string) => {
      const row = stdout.split('\n').find((line) => line.startsWith(name)) ?? '';
      return row.slice(column, column + 8).trim();
    };
    expect(cellOf('girl.png')).toBe('ROTTEN');
    expect(cellOf('endless.bin')).toBe('never');
    expect(cellOf('reports/')).toBe('just now');
    const entries = (await run('list', '--json')).stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(entries.find(({ name }) => name === 'girl.png')).toMatchObject({
      md5: null,
      rotten: true,
      verifiedAt: expect.any(Number),
    });
    expect(entries.find(({ name }) => name === 'endless.bin')).toMatchObject({ verifiedAt: null });
    expect(entries.find(({ name }) => name === 'reports/tides.csv').verifiedAt).toBeGreaterThan(
      Date.now() - 60_000,
    );
  });

  test('--json: an entry a line; a pattern, a folder, a name', async () => {
    const { run } = await setUp();
    const names = async (...args: string[]) =>
      (await run('list', '--json', ...args)).stdout
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line).name);
    expect(await names()).toHaveLength(4);
    expect(await names('*.png')).toEqual(['girl.png']);
    expect(await names('reports')).toEqual(['reports/tides.csv']);
    expect(await names('海运/')).toEqual(['海运/港口笔记.txt']);
    const none = await run('list', 'gril.png');
    expect(none).toMatchObject({ code: 3, stdout: '' });
    expect(none.stderr).toContain('did you mean "girl.png"?');
  });

  test('--md5sum: what md5sum -c accepts, all of it right', async () => {
    const { run, storage } = await setUp();
    const { stdout } = await run('list', '--md5sum');
    const checked = spawnSync('md5sum', ['-c', '--strict', '-'], {
      input: stdout,
      cwd: storage,
      encoding: 'utf8',
    });
    expect(checked.status).toBe(0);
    expect(checked.stdout.match(/: OK$/gm)).toHaveLength(4);
  });

  test('| head -1 ends quietly', async () => {
    const storage = tempFolder();
    // More than a pipe holds.
    for (let at = 0; at < 600; at++) putFile(storage, `${'n'.repeat(200)}${at}`, '');
    const { url } = await localServer(storage);
    const script = `"${process.execPath}" "${PROGRAM}" list -s ${url} | head -1; echo "code \${PIPESTATUS[0]}"`;
    const { spawn } = await import('node:child_process');
    const child = spawn('bash', ['-c', script], { stdio: ['ignore', 'pipe', 'pipe'] });
    let [out, err] = ['', ''];
    child.stdout.on('data', (text) => (out += text));
    child.stderr.on('data', (text) => (err += text));
    await new Promise((done) => child.once('close', done));
    expect(out).toMatch(/^NAME .*\ncode 0\n$/);
    expect(err).toBe('');
  });
});

test('info: facts for people and for programs', async () => {
  const { run } = await setUp();
  const { stdout } = await run('info', 'girl.png');
  expect(stdout).toContain('size:      7 bytes (7 B)');
  expect(stdout).toContain(`md5:       ${md5('picture')}`);
  expect(stdout).toMatch(/^verified: {2}\d{4}-\d\d-\d\d \d\d:\d\d$/m);
  const json = await run('info', 'girl.png', '--json');
  expect(JSON.parse(json.stdout)).toMatchObject({
    name: 'girl.png',
    type: 'image/png',
    size: 7,
    md5: md5('picture'),
    verifiedAt: expect.any(Number),
  });
  expect(await run('info', 'gril.png')).toMatchObject({ code: 3, stdout: '' });
});

test('verify: OK, FAILED, MISSING; exit 4 unless all is OK', async () => {
  const { run, cwd } = await setUp();
  const downloads = join(cwd, 'downloads');
  mkdirSync(downloads);
  const none = await run('verify');
  expect(none).toMatchObject({ code: 0, stdout: '' });
  expect(none.stderr).toContain('no served file is in downloads');
  putFile(downloads, 'girl.png', 'picture');
  putFile(downloads, 'reports/tides.csv', 'tides');
  expect(await run('verify')).toMatchObject({ code: 0, stdout: 'girl.png: OK\nreports/tides.csv: OK\n' });
  writeFileSync(join(downloads, 'reports/tides.csv'), 'tidez');
  expect(await run('verify')).toMatchObject({ code: 4, stdout: 'girl.png: OK\nreports/tides.csv: FAILED\n' });
  const named = await run('verify', 'girl.png', 'reports', '海运/港口笔记.txt', 'nope');
  expect(named).toMatchObject({
    code: 4,
    stdout: 'girl.png: OK\nreports/tides.csv: FAILED\n海运/港口笔记.txt: MISSING\n',
  });
  expect(named.stderr).toContain('nope');
  expect(await run('verify', 'nope', 'girl.png')).toMatchObject({ code: 3, stdout: 'girl.png: OK\n' });
  const json = await run('verify', 'girl.png', '海运', '--json');
  expect(
    json.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toEqual([
    { name: 'girl.png', status: 'OK' },
    { name: '海运/港口笔记.txt', status: 'MISSING' },
  ]);
});

describe('usage: exit 2, and what to do about it', () => {
  test.each([
    [[], /which command\?[\s\S]*serve, fetch, list, info, verify/],
    [['fetch'], /name what to fetch; see "sealift list"[\s\S]*sealift fetch --help/],
    [['fetch', '--nope', 'a'], /no such option: --nope/],
    [['fetch', 'a', '-z'], /no such option: -z/],
    [['fetch', 'a', '-d'], /-d needs a value/],
    [['fetch', 'a', 'b', '-o', 'x'], /--output is for one file/],
    [['fetch', '*.png', '--expect', `md5:${'0'.repeat(32)}`], /--expect is for one file/],
    [['fetch', 'a', '--expect', 'md5:12'], /md5 has 32 hex digits/],
    [['fetch', 'a', '--expect', 'crc:12'], /write md5:HEX, sha256:HEX or blake3:HEX/],
    [['fetch', 'a', '-j', '9'], /--jobs is a whole number from 1 to 8/],
    [['fetch', 'a', '-o', '-', '--json'], /both want stdout/],
    [['fetch', 'a', '--timeout', 'soon'], /write for example 250ms/],
    [['fetch', 'a', '-s', 'http://x'], /write sealift:\/\/HOST/],
    [['list', '--md5sum', '--json'], /either --md5sum or --json/],
    [['info'], /name a file/],
    [['info', 'a', 'b'], /too many arguments: b/],
    [['serve', '--log', 'x'], /--log "x": choose one of/],
    [['fethc', 'a'], /no such command; did you mean fetch\?/],
    [['bogus'], /no such command: bogus/],
  ])('%j', async (args, says) => {
    const result = await sealift(args);
    expect(result.stderr).toMatch(says);
    expect(result).toMatchObject({ code: 2, stdout: '' });
  });
});

test('exit codes of a server that is not there, or has another protocol', async () => {
  const refused = await sealift(['list', '-s', '127.0.0.1:1']);
  expect(refused).toMatchObject({ code: 5, stdout: '' });
  expect(refused.stderr).toBe(
    'sealift: no server at sealift://127.0.0.1:1; is "sealift serve" running there?\n',
  );
});

test('help of every command has examples; --version', async () => {
  const all = await sealift(['--help']);
  expect(all.stdout).toContain('sealift completion');
  const commands = ['serve', 'fetch', 'list', 'info', 'verify', 'scrub'];
  const helps = await Promise.all(commands.map((command) => sealift([command, '--help'])));
  for (const [nth, command] of commands.entries()) {
    expect(all.stdout).toContain(`sealift ${command}`);
    expect(helps[nth]?.code).toBe(0);
    expect(helps[nth]?.stdout).toMatch(new RegExp(`Examples:\n  sealift ${command}`));
  }
  expect(all.stdout).toContain('Exit codes: 0 done');
  expect((await sealift(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test('completion in bash: commands, options, served names, but none that a shell would run', async () => {
  const { url, storage } = await setUp();
  const hostile = [
    'sh$(id)',
    'sh;id',
    'sh&id',
    'sh|id',
    'sh`id`',
    'sh>id',
    'sh (1)$(id).txt',
    'sh "`id`" 2',
    'sh{a,b}',
    "sh'",
  ];
  for (const name of ['sh (1).txt', 'sh,1=~#%.txt', ...hostile]) putFile(storage, name, 'x');
  const bin = tempFolder();
  writeFileSync(join(bin, 'sealift'), `#!/bin/sh\nexec "${process.execPath}" "${PROGRAM}" "$@"\n`, {
    mode: 0o755,
  });
  const [host = '', port = ''] = url.replace('sealift://', '').split(':');
  const cases: [string[], string][] = [
    [['f'], 'fetch'],
    [['fetch', 'gi'], 'girl.png'],
    [['get', '--fo'], '--force'],
    [['verify', 'no'], '"notes from the harbour.txt"'],
    [['list', '海'], '海运/港口笔记.txt'],
    [['info', 'rep'], 'reports/tides.csv'],
    [['serve', '--log', 'p'], 'pretty'],
    [['fetch', '-d', 'gi'], ''],
    [['fetch', 'sh'], '"sh (1).txt" sh,1=~#%.txt'],
    [['fetch', '-s', host, ':', port, 'rep'], 'reports/tides.csv'],
  ];
  const lines = cases.map(([words]) => {
    const quoted = ['sealift', ...words].map((word) => `'${word}'`).join(' ');
    return `COMP_WORDS=(${quoted}); COMP_CWORD=${words.length}; COMPREPLY=(); _sealift_yargs_completions; echo "\${COMPREPLY[*]}"`;
  });
  const script = ['source <(sealift completion)', ...lines].join('\n');
  const { spawn } = await import('node:child_process');
  const env = { ...process.env, PATH: `${bin}:${process.env.PATH}`, SEALIFT_SERVER: url, SHELL: '/bin/bash' };
  const child = spawn('bash', ['-c', script], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  child.stdout.on('data', (text) => (out += text));
  await new Promise((done) => child.once('close', done));
  expect(out.split('\n').slice(0, -1)).toEqual(cases.map(([, expected]) => expected));
});

test('completion without a server is silent, and fish leaves the program out', async () => {
  const none = await sealift(['--get-yargs-completions', 'sealift', 'fetch', '-s', '127.0.0.1:1', '']);
  expect(none).toEqual({ code: 0, signal: null, stdout: '', stderr: '' });
  const fish = await sealift(['--get-yargs-completions', 'fetch', '--fo']);
  expect(fish.stdout.split('\n')).toContain('--force');
  expect(execFileSync('bash', ['-n'], { input: (await sealift(['completion'])).stdout }).toString()).toBe('');
});
