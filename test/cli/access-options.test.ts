import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { checkExposure, readTokens } from '#sealift/cli/access-options.js';
import { sealift, startServer } from '../helpers/cli.js';
import { putFile } from '../helpers/files.js';
import { tempFolder } from '../helpers/temp-folder.js';
import { untilThere } from '../helpers/until.js';

const TOKEN = 'correct-horse-battery';

function tokenFile(text: string, mode = 0o600): string {
  const file = join(tempFolder(), 'tokens');
  writeFileSync(file, text);
  chmodSync(file, mode);
  return file;
}

function read(text: string, mode?: number): { tokens: string[]; warnings: string[] } {
  const warnings: string[] = [];
  const tokens = readTokens({ tokenFile: tokenFile(text, mode) }, (message) => warnings.push(message));
  return { tokens, warnings };
}

describe('a token file', () => {
  test('has a token a line; empty lines and comments count for nothing', () => {
    expect(read(`# of the office\r\n${TOKEN}\r\n\n  another-token-here  \n`)).toEqual({
      tokens: [TOKEN, 'another-token-here'],
      warnings: [],
    });
  });

  test('without a token does not open the server', () => {
    expect(() => read('\n# none\n')).toThrow(/no token in it/);
    expect(() => readTokens({ tokenFile: '/nowhere/tokens' }, () => {})).toThrow(/no such file/);
    expect(() => read('with space inside\n')).toThrow(/without spaces/);
    expect(() => read(`${'x'.repeat(1_025)}\n`)).toThrow(/1 to 1024/);
    expect(() => read(`${TOKEN}\n`.repeat(101))).toThrow(/more than 100/);
  });

  test('of the environment is told of where the file does not have it, and without it', () => {
    onTestFinished(() => void vi.unstubAllEnvs());
    vi.stubEnv('SEALIFT_TOKEN', TOKEN);
    expect(read(`${TOKEN}\n`)).toEqual({ tokens: [TOKEN], warnings: [] });
    expect(read('another-token-here\n')).toEqual({
      tokens: ['another-token-here', TOKEN],
      warnings: ['the token in SEALIFT_TOKEN opens this server, too'],
    });
    vi.stubEnv('SEALIFT_TOKEN', 'with space');
    expect(() => read(`${TOKEN}\n`)).toThrow(/^SEALIFT_TOKEN: a token is/);
  });

  test('that others can read, and a token that can be guessed, are warned of, without the token', () => {
    const { warnings } = read('short\n', 0o644);
    expect(warnings).toEqual([
      expect.stringMatching(/^others on this machine can read .*tokens; chmod 600 it$/),
      expect.stringMatching(/^a token of less than 16 characters can be guessed/),
    ]);
    expect(warnings.join()).not.toContain('short');
  });
});

test.each([
  ['127.0.0.1', {}, null],
  ['localhost', {}, null],
  ['::1', { hasTokens: true }, null],
  ['0.0.0.0', {}, /add --public .*token/],
  ['0.0.0.0', { hasTls: true }, /add --public/],
  ['0.0.0.0', { insecure: true }, /add --public/],
  ['0.0.0.0', { public: true }, null],
  ['0.0.0.0', { hasTokens: true }, /shows the token .* add --tls/],
  ['0.0.0.0', { hasTokens: true, public: true }, /shows the token/],
  ['0.0.0.0', { hasTokens: true, insecure: true }, null],
  ['192.0.2.1', { hasTokens: true, hasTls: true }, null],
])('serve --host %s with %j', (host, given, refusal) => {
  const { hasTokens = false, hasTls = false, ...words } = given as Record<string, boolean>;
  const args = { host, public: false, insecure: false, tokenFile: undefined, ...words };
  const check = () => checkExposure(args, { hasTokens, hasTls });
  if (refusal === null) expect(check).not.toThrow();
  else expect(check).toThrow(refusal);
});

test('serve with a token file: read again by SIGHUP, and a wrong one changes nothing', async () => {
  const folder = tempFolder();
  putFile(folder, 'a.txt', 'hello');
  const file = tokenFile(`${TOKEN}\n`);
  const server = await startServer(folder, ['--token-file', file, '--wrong-token-delay', '1ms']);
  const list = (token: string) => sealift(['list', '-s', server.url], { env: { SEALIFT_TOKEN: token } });
  expect(await list('')).toMatchObject({
    code: 6,
    stdout: '',
    stderr:
      'sealift: this server needs a token: set SEALIFT_TOKEN, add a line to ~/.config/sealift/tokens, or use the link that you were given\n',
  });
  expect((await list(TOKEN)).stdout).toContain('a.txt');

  writeFileSync(file, 'the-next-token-of-all\n');
  server.child.kill('SIGHUP');
  await untilThere(() => server.log().includes('were read again') || null);
  expect(await list(TOKEN)).toMatchObject({ code: 6, stderr: `sealift: ${server.url}: wrong token\n` });
  expect((await list('the-next-token-of-all')).code).toBe(0);

  writeFileSync(file, '');
  server.child.kill('SIGHUP');
  await untilThere(() => server.log().includes('stay as they were') || null);
  expect((await list('the-next-token-of-all')).code).toBe(0);
  expect((await list('')).code).toBe(6);
  for (const secret of [TOKEN, 'the-next-token-of-all']) expect(server.log()).not.toContain(secret);
});

test('the token of the environment closes a server too', async () => {
  const server = await startServer(tempFolder(), [], { env: { SEALIFT_TOKEN: TOKEN } });
  expect((await sealift(['list', '-s', server.url], { env: { SEALIFT_TOKEN: '' } })).code).toBe(6);
});
