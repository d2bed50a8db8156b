import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CliResult, type ServerProcess, sealift, startServer } from '../helpers/cli.js';
import { everythingIn, putFile } from '../helpers/files.js';
import { tempFolder } from '../helpers/temp-folder.js';

const TOKEN = 'a-token-of-some-length';

let storage: string;
let home: string;
let server: ServerProcess;
const ends: (() => void)[] = [];
const onEnd = (end: () => void) => void ends.unshift(end);

beforeAll(async () => {
  [storage, home] = [tempFolder(onEnd), tempFolder(onEnd)];
  for (const name of ['a.txt', 'reports/q1.csv', 'reports/deep/q2.csv', 'b[1].txt'])
    putFile(storage, name, name);
  server = await startServer(storage, [], { env: { SEALIFT_TOKEN: TOKEN }, onEnd });
  chmodSync(putFile(home, 'sealift/tokens', `127.0.0.1:${server.port} ${TOKEN}\n`), 0o600);
});

afterAll(() => {
  for (const end of ends) end();
});

/** With no token in its settings. */
function guest(...args: string[]): Promise<CliResult> {
  return sealift(args, { cwd, env: { SEALIFT_SERVER: server.url, XDG_CONFIG_HOME: '/nowhere' } });
}

/** With the token of the server in the file for tokens. */
function owner(...args: string[]): Promise<CliResult> {
  return sealift(args, { cwd, env: { SEALIFT_SERVER: server.url, XDG_CONFIG_HOME: home } });
}

let cwd: string;

async function share(...args: string[]): Promise<{ link: string; id: string; stderr: string }> {
  cwd = tempFolder();
  const { code, stdout, stderr } = await owner('share', ...args);
  expect(code, stderr).toBe(0);
  return { link: stdout.trim(), id: /--revoke ([0-9a-f]{12})/.exec(stderr)?.[1] ?? '', stderr };
}

/** What a link opens is its secret. */
function capabilityOf(link: string): string {
  return /share\/([\w-]+)/.exec(link)?.[1] ?? '';
}

test('share prints a link, says what it opens, and everybody takes it: fetch LINK, -s LINK, list, verify, info', async () => {
  const { link, stderr } = await share('reports', '--expires', '1d', '--uses', '3');
  expect(link).toMatch(new RegExp(`^http://127\\.0\\.0\\.1:${server.port}/\\.sealift/share/[\\w-]+/$`));
  expect(stderr).toMatch(
    /^sealift: this link opens reports \(2 files now\), until \d{4}-\d\d-\d\d \d\d:\d\d, 3 times; "sealift share --revoke [0-9a-f]{12}" ends it\nsealift: only this machine reaches 127\.0\.0\.1; --host .*\n$/,
  );
  const all = await guest('fetch', link, '-d', 'all');
  expect(all.code, all.stderr).toBe(0);
  expect(everythingIn(join(cwd, 'all'))).toEqual([
    'reports/',
    'reports/deep/',
    'reports/deep/q2.csv',
    'reports/q1.csv',
  ]);
  const some = await guest('fetch', '-s', link, 'reports/q1.csv', 'a.txt', '-d', 'some');
  expect([some.code, everythingIn(join(cwd, 'some'))]).toEqual([3, ['reports/', 'reports/q1.csv']]);
  expect(some.stderr).toContain('no such file: a.txt');
  for (const listing of [
    ['list', link],
    ['list', '-s', link, 'reports'],
    ['list', link, '--md5sum'],
  ]) {
    const { code, stdout } = await guest(...listing);
    expect([code, stdout.match(/\S+\.(csv|txt)/g)]).toEqual([0, ['reports/deep/q2.csv', 'reports/q1.csv']]);
  }
  expect(await guest('verify', '-s', link, '-d', 'all')).toMatchObject({
    code: 0,
    stdout: 'reports/deep/q2.csv: OK\nreports/q1.csv: OK\n',
  });
  expect((await guest('info', '-s', link, 'reports/q1.csv')).stdout).toContain('name:      reports/q1.csv');
  expect(await guest('info', '-s', link, 'a.txt')).toMatchObject({ code: 3 });
});

test('who has no token makes, lists and revokes no links; who has nothing sees nothing', async () => {
  const { link, id } = await share('a.txt');
  for (const args of [
    ['share', 'a.txt', '-s', link],
    ['share', '--list', '-s', link],
    ['share', '--revoke', id, '-s', link],
  ]) {
    const { code, stderr, stdout } = await guest(...args);
    expect([code, stdout, stderr]).toEqual([6, '', expect.stringContaining('with a token, not with a link')]);
    expect(stderr).not.toContain(capabilityOf(link));
  }
  expect(await guest('list')).toMatchObject({
    code: 6,
    stdout: '',
    stderr: expect.stringContaining('needs a token'),
  });
});

test('a link that is used up, revoked or damaged is refused in one line, exit 6, and never shown', async () => {
  const once = await share('a.txt', '--uses', '1', '--expires', 'never');
  expect(once.stderr).toMatch(/opens a\.txt \(1 file now\), for ever, once;/);
  expect(await guest('fetch', once.link)).toMatchObject({ code: 0, stdout: 'downloads/a.txt\n' });
  const usedUp = await guest('fetch', once.link, '--json', '-d', 'other');
  expect(usedUp).toMatchObject({
    code: 6,
    stderr: expect.stringMatching(/^sealift: this link has been used up.*\n$/),
  });
  const revoked = await share('reports');
  expect(await owner('share', '--revoke', revoked.id, 'fedcba987654')).toMatchObject({
    code: 3,
    stderr: `sealift: ${revoked.id} is revoked\nsealift: no such share link: fedcba987654\n`,
  });
  const results = await Promise.all([
    usedUp,
    guest('fetch', '-s', revoked.link),
    guest('list', `${revoked.link.slice(0, -2)}-/`),
    guest('fetch', revoked.link, revoked.link),
    guest('fetch', revoked.link.replace('/.sealift', '/x/.sealift')),
    guest('list', 'a', revoked.link),
    guest('fetch', revoked.link, '--no-such-option'),
    guest(revoked.link),
    guest('info', revoked.link),
    guest('shell', revoked.link),
  ]);
  expect(results.map(({ code }) => code)).toEqual([6, 6, 6, 2, 2, 2, 2, 2, 2, 6]);
  expect(results[1]?.stderr).toMatch(/^sealift: this link was revoked; ask for a new one\n$/);
  expect(results[2]?.stderr).toMatch(/^sealift: this link is not one of this server/);
  for (const { stdout, stderr } of results) {
    for (const { link } of [once, revoked])
      expect(stdout + stderr).not.toContain(capabilityOf(link).slice(0, 30));
  }
  expect(server.log()).not.toContain(capabilityOf(revoked.link).slice(0, 30));
  expect(server.log()).not.toContain(TOKEN);
});

test('share --list and --json, for people and for programs', async () => {
  cwd = tempFolder();
  const { code, stdout } = await owner('share', 'b[1].txt', '--json', '--host', 'nas.lan');
  const made = JSON.parse(stdout);
  expect(code).toBe(0);
  expect(made).toEqual({
    id: expect.stringMatching(/^[0-9a-f]{12}$/),
    link: expect.stringMatching(new RegExp(`^http://nas\\.lan:${server.port}/\\.sealift/share/`)),
    pattern: 'b\\[1\\].txt/**',
    expiresAt: expect.any(Number),
    uses: null,
    files: 1,
  });
  // Seven days, unless said otherwise.
  expect(Math.round((made.expiresAt - Date.now()) / 86_400_000)).toBe(7);
  const table = (await owner('share', '--list')).stdout;
  expect(table).toMatch(/^ID +OPENS +EXPIRES +USES\n/);
  expect(table).toMatch(new RegExp(`^${made.id} +b\\\\\\[1\\\\\\]\\.txt +20\\d\\d-\\S+ \\S+ +any$`, 'm'));
  const lines = (await owner('share', '--list', '--json')).stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines.find(({ id }) => id === made.id)).toMatchObject({ pattern: made.pattern, revoked: false });
  expect(JSON.stringify(lines)).not.toContain(capabilityOf(made.link));
});

test('what matches nothing is not shared by accident', async () => {
  cwd = tempFolder();
  expect(await owner('share', 'reprots')).toMatchObject({
    code: 3,
    stdout: '',
    stderr: expect.stringContaining('--force'),
  });
  expect((await share('incoming', '--force')).stderr).toContain('opens incoming (0 files now)');
});

test('a name that is a pattern too, and opens other files as one, is not guessed about', async () => {
  cwd = tempFolder();
  putFile(storage, 'n[1].txt', 'meant');
  putFile(storage, 'n1.txt', 'not meant');
  const refused = await owner('share', 'n[1].txt');
  expect(refused).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringContaining('share "n\\[1\\].txt"'),
  });
  const [name, pattern] = await Promise.all(
    [['n\\[1\\].txt'], ['n[1].txt', '--force']].map((words) => owner('share', ...words, '--json')),
  );
  const openedBy = async (made: CliResult | undefined) =>
    (await guest('list', JSON.parse(made?.stdout ?? '').link, '--json')).stdout;
  expect(await openedBy(name)).toMatch(/^\{.*"name":"n\[1\]\.txt".*\}\n$/);
  expect(await openedBy(pattern)).toMatch(/^\{.*"name":"n1\.txt".*\}\n$/);
});

test('wrong usage', async () => {
  cwd = tempFolder();
  const wrong = [
    [],
    ['a', 'b'],
    ['--list', 'a'],
    ['--revoke'],
    ['--list', '--revoke'],
    ['a', '--expires', 'soon'],
    ['a', '--expires', '500ms'],
    ['a', '--expires', '11000d'],
    ['a', '--uses', '1001'],
  ];
  const results = await Promise.all(wrong.map((args) => owner('share', ...args)));
  for (const [at, { code, stdout }] of results.entries())
    expect([code, stdout], `${wrong[at]}`).toEqual([2, '']);
});

test('two servers on one storage: uses are counted together, and what one revokes the other refuses', async () => {
  const other = await startServer(storage, [], { env: { SEALIFT_TOKEN: TOKEN } });
  const { link } = await share('reports/q1.csv', '--uses', '2');
  const there = link.replace(`:${server.port}/`, `:${other.port}/`);
  const codes = await Promise.all(
    [link, there, link, there].map(async (at, nth) => (await guest('fetch', at, '-d', `to-${nth}`)).code),
  );
  expect(codes.sort()).toEqual([0, 0, 6, 6]);
  const { link: second, id } = await share('a.txt');
  const atOther = second.replace(`:${server.port}/`, `:${other.port}/`);
  expect((await guest('list', atOther)).code).toBe(0);
  await owner('share', '--revoke', id);
  expect(await guest('list', atOther)).toMatchObject({ code: 6, stderr: expect.stringContaining('revoked') });
});
