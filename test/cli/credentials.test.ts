import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { configFolder } from '#sealift/cli/config-folder.js';
import { tokenFor } from '#sealift/cli/credentials.js';
import { tempFolder } from '../helpers/temp-folder.js';

function config(text?: string, mode = 0o600) {
  const home = tempFolder();
  const file = join(home, 'sealift', 'tokens');
  mkdirSync(join(home, 'sealift'));
  if (text !== undefined) {
    writeFileSync(file, text);
    chmodSync(file, mode);
  }
  const warnings: string[] = [];
  const look = (server: string, env: NodeJS.ProcessEnv = {}) =>
    tokenFor(server, (message) => warnings.push(message), { XDG_CONFIG_HOME: home, ...env });
  return { file, look, warnings };
}

test('where the settings are', () => {
  expect(configFolder({ XDG_CONFIG_HOME: '/x', HOME: '/home/me' })).toBe('/x/sealift');
  expect(configFolder({ XDG_CONFIG_HOME: 'relative', HOME: '/home/me' })).toBe('/home/me/.config/sealift');
  expect(configFolder({ HOME: '/home/me' })).toBe('/home/me/.config/sealift');
});

test('the environment goes before the file; an address with a token of its own, and a link, before both', () => {
  const { look } = config('127.0.0.1:9696 of-the-file\n');
  expect(look('127.0.0.1')).toBe('of-the-file');
  expect(look('127.0.0.1', { SEALIFT_TOKEN: 'of-the-environment' })).toBe('of-the-environment');
  expect(look('127.0.0.1', { SEALIFT_TOKEN: '' })).toBe('of-the-file');
  for (const server of ['sealift://me@127.0.0.1', 'http://127.0.0.1:9696/.sealift/share/abc/']) {
    expect(look(server, { SEALIFT_TOKEN: 'of-the-environment' })).toBeUndefined();
  }
});

test('a line is for one server and no other', () => {
  const { look, warnings } = config(
    '# tokens\r\n\nNAS.lan:9696   one\n127.0.0.1:80 two\n\t[::1]:9696 three \nnas.lan:443 four\n',
  );
  expect(look('sealift://nas.lan')).toBe('one');
  expect(look('sealifts://nas.lan')).toBe('one');
  expect(look('sealifts://nas.lan:443')).toBe('four');
  expect(look('127.0.0.1:80')).toBe('two');
  expect(look('[::1]')).toBe('three');
  expect(look('127.0.0.1')).toBeUndefined();
  expect(look('nas.lan.evil.example')).toBeUndefined();
  expect(warnings).toEqual([]);
});

test('no file is no token; one that others can read is used, with a warning', () => {
  expect(config().look('127.0.0.1')).toBeUndefined();
  const { look, warnings, file } = config('127.0.0.1:9696 secret\n', 0o644);
  expect(look('127.0.0.1')).toBe('secret');
  expect(warnings).toEqual([`others on this machine can read ${file}; chmod 600 it`]);
});

test.each(['only-a-token', '127.0.0.1:9696 two words', 'ftp://x secret'])(
  'a line that is wrong is told by its number: %s',
  (line) => {
    const { look, file } = config(`# first\n${line}\n`);
    expect(() => look('127.0.0.1')).toThrow(`${file}: line 2 is not "HOST:PORT TOKEN"`);
  },
);
