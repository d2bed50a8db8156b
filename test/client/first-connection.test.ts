import { expect, onTestFinished, test } from 'vitest';
import { connect, type Retry, serve } from '#sealift/index.js';
import { startProxy } from '../fault/proxy.js';
import type { Toxic } from '../fault/toxics/toxic.js';
import { flipBits, limitData, only } from '../fault/toxics.js';
import { issue } from '../helpers/certificates.js';
import { freePort } from '../helpers/ports.js';
import { tempFolder } from '../helpers/temp-folder.js';
import { maliciousServer } from '../helpers/wire.js';

const certificate = issue('a server', { names: ['127.0.0.1'] });
const HELLO = { version: 1, server: 'a test', limits: {}, capabilities: [] };
const FRAGMENT = `#sha256:${certificate.fingerprint}`;

async function retriesOf(url: string): Promise<{ codes: string[]; code: string | null }> {
  const codes: string[] = [];
  const onRetry = ({ error }: Retry) => codes.push(error.code);
  try {
    const client = await connect(url, { retries: 5, retryDelay: 1, timeout: 5_000, onRetry });
    client.close();
    return { codes, code: null };
  } catch (error) {
    return { codes, code: (error as { code: string }).code };
  }
}

test.each<[string, Toxic]>([
  ['damaged where it is encrypted', flipBits({ at: 300, bit: 0, connections: only(1) })],
  ['damaged in the header of its first record', flipBits({ at: 0, bit: 0, connections: only(1) })],
  ['cut', limitData({ after: 300, connections: only(1) })],
])('a handshake that is %s is made again', async (_, toxic) => {
  const server = await serve(tempFolder(), { port: 0, tls: certificate });
  const proxy = await startProxy(server.port, [toxic]);
  onTestFinished(() => {
    proxy.close();
    server.abort();
    return server.close();
  });
  const url = `sealifts://127.0.0.1:${proxy.port}${FRAGMENT}`;
  expect(await retriesOf(url)).toEqual({ codes: ['NETWORK'], code: null });
});

test('a server that is too busy for a token is asked again', async () => {
  let connections = 0;
  const url = await maliciousServer(async (wire) => {
    const isFirst = ++connections === 1;
    await wire.header();
    wire.send(isFirst ? { ok: false, code: 'BUSY', message: 'later' } : { ok: true, ...HELLO });
  });
  const withToken = url.replace('//', '//a-token-of-some-length@');
  expect(await retriesOf(withToken)).toEqual({ codes: ['BUSY'], code: null });
});

test('who speaks no TLS is asked once more, and told then', async () => {
  const url = await maliciousServer((wire) => void wire.socket.end('220 some other service\r\n'));
  const overTls = `${url.replace('sealift:', 'sealifts:')}${FRAGMENT}`;
  expect(await retriesOf(overTls)).toEqual({ codes: ['NETWORK'], code: 'NETWORK' });
});

test('where nobody is, nobody is waited for', async () => {
  const url = `sealifts://127.0.0.1:${await freePort()}${FRAGMENT}`;
  expect(await retriesOf(url)).toEqual({ codes: [], code: 'NETWORK' });
});
