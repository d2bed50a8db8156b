import { once } from 'node:events';
import { type RequestOptions, request } from 'node:https';
import { type ConnectionOptions, createServer, type TLSSocket } from 'node:tls';
import { expect, onTestFinished, test } from 'vitest';
import { httpGateway } from '#sealift/gateway/index.js';
import { AccessControl } from '#sealift/server/access/index.js';
import { Connection } from '#sealift/server/connection.js';
import { gatewayParts } from '#sealift/server/gateway.js';
import { DEFAULT_LIMITS } from '#sealift/server/server-limits.js';
import { putFile } from '../../helpers/files.js';
import { openStore } from '../../helpers/store.js';
import { tempFolder } from '../../helpers/temp-folder.js';

const TOKEN = 'correct-horse-battery';
/** A key that both sides know needs no certificate. */
const PSK = { ciphers: 'PSK-AES128-GCM-SHA256', maxVersion: 'TLSv1.2' as const };
const key = Buffer.alloc(16, 7);

async function overTls() {
  const folder = tempFolder();
  putFile(folder, 'a.txt', 'hello');
  const access = new AccessControl(await openStore(folder), [TOKEN], DEFAULT_LIMITS);
  const limits = DEFAULT_LIMITS;
  const onRequest = () => {};
  const gateway = httpGateway()(gatewayParts(access, limits, onRequest));
  const server = createServer({ ...PSK, pskCallback: () => key }, (socket: TLSSocket) => {
    new Connection(socket, { access, limits, onRequest, gateway });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    gateway.drain();
    server.close();
    gateway.close();
  });
  const { port } = server.address() as { port: number };
  return async (path: string, headers: Record<string, string>, body = '') => {
    const options: RequestOptions & ConnectionOptions = {
      ...PSK,
      port,
      host: '127.0.0.1',
      path,
      agent: false,
      method: body === '' ? 'GET' : 'POST',
      headers: { ...headers, 'Content-Length': String(body.length) },
      checkServerIdentity: () => undefined,
      pskCallback: () => ({ psk: key, identity: 'x' }),
    };
    const asked = request(options);
    asked.end(body);
    const [{ statusCode, headers: fields }] = await once(asked, 'response');
    asked.destroy();
    return { port, status: statusCode as number, set: String(fields['set-cookie'] ?? '') };
  };
}

test('over TLS the cookie never goes in the clear, and none that was set in the clear is taken', async () => {
  const ask = await overTls();
  const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
  const { port, status, set } = await ask('/.sealift/login', form, `token=${TOKEN}`);
  expect(status).toBe(303);
  expect(set).toMatch(
    new RegExp(`^__Host-sealift-${port}=[^;]+; Path=/; Max-Age=\\d+; HttpOnly; SameSite=Strict; Secure$`),
  );
  const [cookie = ''] = set.split(';');
  expect((await ask('/a.txt', { Cookie: cookie })).status).toBe(200);
  expect((await ask('/a.txt', { Cookie: cookie.replace('__Host-', '') })).status).toBe(401);
});
