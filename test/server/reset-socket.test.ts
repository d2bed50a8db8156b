import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { resetSocket } from '#sealift/server/reset-socket.js';

/** A connection, seen from its server; closed when that says so. */
async function accepted(): Promise<{ socket: Socket; client: Socket }> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.on('error', () => {});
  client.resume();
  const [socket] = (await once(server, 'connection')) as [Socket];
  socket.on('error', () => {});
  onTestFinished(() => void client.destroy());
  return { socket, client };
}

test('a connection is reset, and closed', async () => {
  const { socket, client } = await accepted();
  const error = once(client, 'error').catch((reason) => [reason]);
  resetSocket(socket);
  await once(socket, 'close');
  expect((await error)[0]).toMatchObject({ code: 'ECONNRESET' });
});

test('one whose sending side is being shut down just now is closed as well', async () => {
  for (const text of ['', 'hello']) {
    const { socket } = await accepted();
    if (text !== '') socket.write(text);
    socket.end();
    resetSocket(socket);
    await once(socket, 'close');
    expect(socket.destroyed).toBe(true);
  }
});

test('one that has not sent all yet is reset', async () => {
  const { socket, client } = await accepted();
  client.pause();
  socket.write(Buffer.alloc(20_000_000));
  socket.end();
  resetSocket(socket);
  await once(socket, 'close');
});
