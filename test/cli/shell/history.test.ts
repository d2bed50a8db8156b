import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { HISTORY_MAX, History, historyFile, isToBeKept } from '#sealift/cli/shell/history.js';
import { tempFolder } from '../../helpers/temp-folder.js';

test('where it is: as the XDG specification has it', () => {
  expect(historyFile({ XDG_STATE_HOME: '/x' })).toBe('/x/sealift/history');
  for (const env of [{}, { XDG_STATE_HOME: '' }, { XDG_STATE_HOME: 'relative' }]) {
    expect(historyFile(env)).toBe(join(homedir(), '.local/state/sealift/history'));
  }
});

test('lines are there in the next run, for their owner alone', () => {
  const file = join(tempFolder(), 'state/sealift/history');
  const history = new History(file);
  expect(history.load()).toEqual([]);
  for (const line of ['ls', 'get a', 'get a', '', '  ', ' get hidden', 'cd 海']) history.add(line);
  expect(new History(file).load()).toEqual(['cd 海', 'get a', 'ls']);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(statSync(dirname(file)).mode & 0o777).toBe(0o700);
  // One that something else made is closed to others too.
  chmodSync(file, 0o644);
  new History(file).load();
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test.each([
  'get -s sealift://Zm9vYmFy@host x',
  'get -s https://user:Zm9vYmFy@host:9696 x',
  'get http://host:9696/.sealift/share/AbC123/',
  'exec env API_KEY=1 x',
  'exec mysql --password=1',
  'exec curl -H "Authorization: Bearer 1"',
  'get x # my-own-token-value',
])('a line that may have a secret is not kept: %s', (line) => {
  vi.stubEnv('SEALIFT_TOKEN', 'my-own-token-value');
  const file = join(tempFolder(), 'history');
  new History(file).add(line);
  vi.unstubAllEnvs();
  expect(existsSync(file)).toBe(false);
});

test('the value of the token is not kept, in whichever words', () => {
  expect(isToBeKept('get x-abc-x', { SEALIFT_TOKEN: 'abc' })).toBe(false);
  expect(isToBeKept('get x-abc-x', {})).toBe(true);
});

test('it is bounded, and what acts on a terminal is left out', () => {
  const file = join(tempFolder(), 'history');
  const count = 5 * HISTORY_MAX;
  const lines = Array.from({ length: count }, (_, at) => `get ${at}`);
  writeFileSync(file, `${lines.join('\n')}\n`);
  expect(new History(file).load()).toEqual(lines.slice(-HISTORY_MAX).reverse());
  expect(readFileSync(file, 'utf8')).toBe(`${lines.slice(-HISTORY_MAX).join('\n')}\n`);
  expect(readdirSync(dirname(file))).toEqual(['history']);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  // However long its lines.
  writeFileSync(file, `${'x'.repeat(6 << 20)}\nget a\nget \x1b[2J\n${'y'.repeat(5_000)}\nget b\n`);
  expect(new History(file).load()).toEqual(['get b', 'get a']);
});

test('what cannot be read or written is no history, and no error', () => {
  const folder = tempFolder();
  mkdirSync(join(folder, 'history'));
  writeFileSync(join(folder, 'file'), '');
  execFileSync('mkfifo', [join(folder, 'fifo')]);
  for (const name of ['history', 'file/history', 'fifo']) {
    const history = new History(join(folder, name));
    expect(history.load()).toEqual([]);
    expect(() => history.add('ls')).not.toThrow();
  }
});
