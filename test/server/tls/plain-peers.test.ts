import { networkInterfaces } from 'node:os';
import { expect, test } from 'vitest';
import { connect } from '#sealift/index.js';
import { mustUseTls } from '#sealift/server/tls/plain-peers.js';
import { issue } from '../../helpers/certificates.js';
import { putFile } from '../../helpers/files.js';
import { localServer } from '../../helpers/in-process.js';
import { tempFolder } from '../../helpers/temp-folder.js';

const far = { isTls: false, address: '192.0.2.1' };
const secret = { hasToken: true, isInsecure: false };

test('a secret is told over TLS, or on one machine, or by who says so', () => {
  expect(mustUseTls(far, secret)).toBe(true);
  expect(mustUseTls({ ...far, isTls: true }, secret)).toBe(false);
  expect(mustUseTls({ ...far, address: '127.0.0.1' }, secret)).toBe(false);
  expect(mustUseTls({ ...far, address: '::ffff:127.0.0.1' }, secret)).toBe(false);
  expect(mustUseTls(far, { ...secret, isInsecure: true })).toBe(false);
  expect(mustUseTls(far, { ...secret, hasToken: false })).toBe(false);
});

const OUTSIDE = Object.values(networkInterfaces())
  .flatMap((addresses = []) => addresses)
  .find(({ internal, family }) => !internal && family === 'IPv4')?.address;
if (OUTSIDE === undefined)
  console.warn('skipped: plain peers from outside (this machine has no address beyond loopback)');

test.runIf(OUTSIDE)(
  'from outside a plain peer is sent away before it can tell a token, and told how to come',
  async () => {
    const host = OUTSIDE as string;
    const folder = tempFolder();
    putFile(folder, 'a.txt', 'hello');
    const options = {
      host: '0.0.0.0',
      tokens: ['correct-horse-battery'],
      tls: issue('alone', { names: [host] }),
    };
    const { port, fingerprint } = await localServer(folder, options);
    const plain = await connect(`sealift://${host}:${port}`, {
      token: 'correct-horse-battery',
      insecure: true,
    }).catch((error) => error);
    expect(plain).toMatchObject({
      code: 'FORBIDDEN',
      message: `this server wants TLS: sealifts://${host}:${port}`,
    });
    const page = await fetch(`http://${host}:${port}/a.txt`);
    expect([page.status, await page.text()]).toEqual([
      403,
      `this server wants TLS: https://${host}:${port}/\n`,
    ]);
    const client = await connect(`sealifts://${host}:${port}#sha256:${fingerprint}`, {
      token: 'correct-horse-battery',
    });
    expect((await client.stat('a.txt')).size).toBe(5);
    client.close();

    const careless = await localServer(folder, { ...options, insecure: true });
    const url = `sealift://${host}:${careless.port}`;
    await expect(connect(url, { token: 'correct-horse-battery' })).rejects.toThrow(
      /would cross the network unencrypted/,
    );
    const insecure = await connect(url, { token: 'correct-horse-battery', insecure: true });
    expect((await insecure.stat('a.txt')).size).toBe(5);
    insecure.close();
  },
);
