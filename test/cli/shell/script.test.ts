import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { linesOf } from '#sealift/cli/shell/script.js';
import { Session } from '#sealift/cli/shell/session.js';
import { connect, type SealiftServer, serve } from '#sealift/index.js';
import { type CliOptions, sealift, startCli } from '../../helpers/cli.js';
import { md5, putFile } from '../../helpers/files.js';
import { localServer } from '../../helpers/in-process.js';
import { tempFolder } from '../../helpers/temp-folder.js';
import { maliciousServer } from '../../helpers/wire.js';

const storage = tempFolder(afterAll);
const ops: (string | null)[] = [];
let server: SealiftServer;
beforeAll(async () => {
  putFile(storage, 'girl.png', 'picture');
  putFile(storage, 'sub/a b.txt', 'a b');
  putFile(storage, 'sub/br[1]/x.txt', 'x');
  putFile(storage, 'sub/br1/x.txt', 'not that one');
  server = await serve(storage, { port: 0, onRequest: ({ op }) => void ops.push(op) });
});
afterAll(() => server.close());

const shell = (input: string, { args = [], ...options }: CliOptions & { args?: string[] } = {}) =>
  sealift(['shell', '-s', server.url, ...args], { input, ...options });

describe('commands from a pipe', () => {
  test('no prompt, no echo: results on stdout, in the folder that was gone to', async () => {
    const cwd = tempFolder();
    const input = `
      # What is fetched here lands where the program would put it.
      pwd
      cd sub
      pwd
      get 'a b.txt' 'br\\[1\\]/' -q
      verify
      cd br[1]; # not a separator
    `;
    const { code, stdout, stderr } = await shell(input, { cwd });
    expect(stdout).toBe('/\n/sub\nsub/a b.txt: OK\nsub/br[1]/x.txt: OK\n');
    expect(stderr).toMatch(/^sealift: sub\/br\[1\];: no such folder\nsealift: stopped at line 8\n$/);
    expect(code).toBe(3);
    expect(readFileSync(join(cwd, 'downloads/sub/br[1]/x.txt'), 'utf8')).toBe('x');
    expect(existsSync(join(cwd, 'downloads/sub/br1'))).toBe(false);
  });

  test('a folder whose name looks like a pattern is that folder', async () => {
    const { code, stdout } = await shell(
      'cd sub/br[1]\nls --md5sum\nls *\ninfo x.txt\ncd ../..\npwd\nls ../../girl.png',
    );
    expect(code).toBe(0);
    const [sum, , row, info, , , , digest] = stdout.split('\n');
    expect(sum).toBe(`${md5('x')}  sub/br[1]/x.txt`);
    expect(row).toMatch(/^x\.txt +1 B/);
    expect(info).toBe('name:      sub/br[1]/x.txt');
    expect(digest).toContain('');
    expect(stdout).toMatch(/^\/\nNAME.*\ngirl\.png .*\n$/m);
  });

  test('empty lines and comments send nothing; ls shows names as they are typed here', async () => {
    ops.length = 0;
    expect(await shell('\n  \n# ls\n\r\npwd\n\nexit\nls')).toMatchObject({
      code: 0,
      stdout: '/\n',
      stderr: '',
    });
    expect(ops).toEqual([]);
    const { stdout } = await shell('cd sub\nls ..');
    expect(stdout).toMatch(/^\/girl\.png /m);
    expect(stdout).toMatch(/^a b\.txt /m);
  });

  test.each([
    ['get none', 3, /none: no such file/],
    ['get', 2, /name what to fetch/],
    ['get a -d', 2, /-d needs a value/],
    ['get x --later', 2, /no such option: --later/],
    ["get ''", 3, /the name is empty|no such file/],
    ['ls --md5sum --json', 2, /either --md5sum or --json/],
    ['ls -s other:1', 2, /--server is for all of a shell/],
    ['cd girl.png', 3, /girl\.png: this is a file, not a folder/],
    ['cd a b', 2, /too many arguments: b/],
    ['nonsense', 2, /no such command: nonsense; "help" lists them/],
    ["get 'a", 2, /a quote is not closed: '/],
    ['exec ls', 8, /this server runs no programs/],
    ['exec', 2, /name a program/],
    ['exec -c', 2, /one line in quotes/],
    ['ping -c 0', 2, /--count is a whole number/],
  ])('%s fails with its exit code, and one line', async (line, code, says) => {
    const session = new Session(await connect(server.url), false);
    const told = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    onTestFinished(() => {
      session.client.close();
      told.mockRestore();
    });
    expect(await session.execute(line, new AbortController().signal)).toBe(code);
    expect(told.mock.calls.map(([text]) => text)).toEqual([expect.stringMatching(says)]);
  });

  test('--json is for all commands', async () => {
    const { code, stdout, stderr } = await shell('pwd\nls girl.png\ninfo girl.png --json\nping -c 1', {
      args: ['--json'],
    });
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).toMatchObject([
      { folder: '/' },
      { name: 'girl.png' },
      { name: 'girl.png', md5: md5('picture') },
      { event: 'answer', number: 1 },
      { event: 'summary', answers: 1 },
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  test('help: of all, of a command', async () => {
    const { stdout } = await shell('help\nhelp get\nls -h\nhelp cd\n');
    for (const name of ['ls', 'cd', 'pwd', 'get', 'info', 'verify', 'exec', 'ping', 'help', 'exit']) {
      expect(stdout).toMatch(new RegExp(`^${name} `, 'm'));
    }
    expect(stdout).toContain('--no-fsync');
    expect(stdout).toContain('--md5sum');
    expect(stdout).not.toContain('--server');
  });
});

test('commands from a file; one that is not there', async () => {
  const cwd = tempFolder();
  writeFileSync(join(cwd, 'commands.txt'), 'cd sub\r\npwd\r\nls none\r\npwd');
  const { code, stdout } = await shell('', { args: ['commands.txt'], cwd });
  expect({ code, stdout }).toEqual({ code: 3, stdout: '/sub\n' });
  const none = await shell('', { args: ['none.txt'], cwd });
  expect(none).toMatchObject({ code: 7, stdout: '' });
  expect(none.stderr.trimEnd().split('\n')).toHaveLength(1);
});

test('Ctrl-C while it waits for a line, and while a command runs', async () => {
  const waiting = startCli(['shell', '-s', server.url, '--json'], { input: null });
  waiting.child.stdin?.write('pwd\n');
  await once(waiting.child.stdout as Readable, 'data');
  waiting.child.kill('SIGINT');
  expect(await waiting.result).toMatchObject({ code: 130, stderr: 'sealift: interrupted\n' });

  let asked = () => {};
  const isAsked = new Promise<void>((resolve) => (asked = resolve));
  const url = await maliciousServer(async (wire) => {
    await wire.header();
    asked();
  });
  const running = startCli(['shell', '-s', url], { input: 'ls\npwd\n' });
  await isAsked;
  running.child.kill('SIGINT');
  expect(await running.result).toMatchObject({
    code: 130,
    stdout: '',
    stderr: 'sealift: interrupted\nsealift: stopped at line 1\n',
  });
});

test('a server that lets one in at a time: the next one is served when this one leaves', async () => {
  const { url } = await localServer(storage, { limits: { maxConnections: 1 } });
  const first = startCli(['shell', '-s', url], { input: null });
  first.child.stdin?.write('info girl.png\n');
  await once(first.child.stdout as Readable, 'data');
  const busy = await sealift(['shell', '-s', url, '--retries', '0'], { input: 'info girl.png\n' });
  expect(busy).toMatchObject({ code: 6, stdout: '' });
  first.child.stdin?.end('q\n');
  expect((await first.result).code).toBe(0);
  expect(await sealift(['shell', '-s', url], { input: 'info girl.png\n' })).toMatchObject({ code: 0 });
});

test('two at the same time, and no server at all', async () => {
  const both = await Promise.all([shell('cd sub\npwd\nls'), shell('ls girl.png\npwd')]);
  expect(both.map(({ code }) => code)).toEqual([0, 0]);
  expect(both[0]?.stdout).toContain('a b.txt');
  expect(both[1]?.stdout).toMatch(/\n\/\n$/);
  const none = await sealift(['shell', '-s', '127.0.0.1:1'], { input: 'pwd\n' });
  expect(none).toMatchObject({ code: 5, stdout: '' });
});

test('a line without an end is refused, and not kept whole', async () => {
  let produced = 0;
  const endless = new Readable({
    read() {
      produced += 64 * 1024;
      this.push(produced > 1 << 20 ? null : Buffer.alloc(64 * 1024, 'x'));
    },
  });
  const lines = linesOf(endless);
  await expect(lines.next()).rejects.toMatchObject({ code: 'USAGE' });
  expect(produced).toBeLessThan(1 << 19);
});
