import { expect, onTestFinished, test, vi } from 'vitest';
import { findServer } from '#sealift/cli/find-server.js';
import { discoveredUrl, maySendSecret, resolveServerName } from '#sealift/cli/server-name.js';
import { answerOf, multicastPeer, PORT } from '../helpers/multicast.js';

const FINGERPRINT = 'a1'.repeat(32);
const texts = (...texts: string[]) => ({ TXT: { data: texts.map((text) => Buffer.from(text)) } });

test.each([
  ...[
    'localhost',
    'LOCALHOST',
    '127.0.0.1',
    'example.invalid',
    '[::1]',
    'nas:9696',
    'sealift://nas',
    'token@nas',
    '',
  ],
  ...['nas/x', 'nas#x', `sealifts://nas#sha256:${FINGERPRINT}`, '../../x', 'a'.repeat(64)],
])('%j is an address, and never looked for', async (text) => {
  expect(await resolveServerName(text, { port: PORT })).toBeNull();
});

test('a name is looked for, in capitals too; what it announces of a certificate is a hint', async () => {
  const peer = await multicastPeer(onTestFinished);
  peer.answers.push(answerOf('sealift-test-plain', texts('auth=none')));
  peer.answers.push(answerOf('sealift-test-tls', texts('tls=1', `fp=${FINGERPRINT}`, 'auth=token')));
  const at = { host: '127.0.0.1', port: 9_696 };
  expect(await resolveServerName('SEALIFT-test-plain', { port: PORT })).toEqual({
    ...{ ...at, name: 'sealift-test-plain', tls: false, announcedFingerprint: null },
    url: 'sealift://127.0.0.1:9696',
  });
  expect(await resolveServerName('sealift-test-tls', { port: PORT })).toEqual({
    ...{ ...at, name: 'sealift-test-tls', tls: true, announcedFingerprint: FINGERPRINT },
    url: 'sealifts://127.0.0.1:9696',
  });
});

test('a name that several servers claim is left to the user', async () => {
  const peer = await multicastPeer(onTestFinished);
  const other = { SRV: { data: { port: 666, target: 'sealift-test-twin.local' } } };
  peer.answers.push(answerOf('sealift-test-twin'), answerOf('sealift-test-twin', other));
  await expect(resolveServerName('sealift-test-twin', { port: PORT })).rejects.toMatchObject({
    code: 'CONFLICT',
    message: expect.stringContaining('sealift://127.0.0.1:666, sealift://127.0.0.1:9696'),
  });
});

test('a name that nobody has says where it was looked for', async () => {
  await expect(resolveServerName('sealift-test-none', { port: PORT, timeout: 20 })).rejects.toMatchObject({
    code: 'NETWORK',
    message: expect.stringMatching(/^server "sealift-test-none": DNS knows no such host, .* announced/),
  });
});

test('a search that is interrupted ends, whatever it waits for', async () => {
  const { signal } = new AbortController();
  const aborted = AbortSignal.abort();
  const search = resolveServerName('sealift-test-none', { port: PORT, signal: aborted });
  await expect(search).rejects.toMatchObject({ code: 'ABORTED' });
  expect(await resolveServerName('nas.local', { signal })).toBeNull();
});

test('the address of a server that was found is ready for -s', () => {
  const server = { host: '::1', port: 1, tls: true, fingerprint: FINGERPRINT };
  expect(discoveredUrl(server)).toBe(`sealifts://[::1]:1#sha256:${FINGERPRINT}`);
  expect(discoveredUrl({ ...server, host: '10.0.0.1', tls: false })).toBe('sealift://10.0.0.1:1');
});

test('a name that gets no token says what would give it one', async () => {
  vi.stubEnv('SEALIFT_TOKEN', 'a-token-of-some-length');
  vi.stubEnv('XDG_CONFIG_HOME', '/nowhere');
  onTestFinished(() => void vi.unstubAllEnvs());
  const peer = await multicastPeer(onTestFinished);
  peer.answers.push(answerOf('sealift-test-plain', texts('auth=none')));
  peer.answers.push(answerOf('sealift-test-tls', texts('tls=1', `fp=${FINGERPRINT}`, 'auth=token')));
  const find = (name: string) => findServer(name, { port: PORT, warn: () => {} });
  await expect(find('sealift-test-plain')).rejects.toMatchObject({
    code: 'UNTRUSTED',
    message: expect.stringMatching(/no token without TLS: unset SEALIFT_TOKEN .*, or give its address/),
  });
  await expect(find('sealift-test-tls')).rejects.toMatchObject({
    code: 'UNTRUSTED',
    message: expect.stringContaining(
      'put "127.0.0.1:9696 sha256:HEX", as the server printed it, into /nowhere/',
    ),
  });
});

test('a secret goes to no server that was only found', () => {
  const found = {
    name: 'nas',
    host: '10.0.0.1',
    port: 1,
    tls: true,
    announcedFingerprint: FINGERPRINT,
    url: '',
  };
  expect(maySendSecret(null, null)).toBe(true);
  expect(maySendSecret(found, null)).toBe(false);
  expect(maySendSecret(found, '')).toBe(false);
  expect(maySendSecret({ ...found, tls: false }, FINGERPRINT)).toBe(false);
  expect(maySendSecret(found, FINGERPRINT)).toBe(true);
});
