import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { ReplyWriter } from '#sealift/server/reply-writer.js';
import { DEFAULT_LIMITS } from '#sealift/server/server-limits.js';

test('a body is owed until it is written', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepted = once(server, 'connection');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [socket] = (await accepted) as [Socket];
  onTestFinished(() => {
    for (const one of [client, socket]) one.destroy();
    server.close();
  });
  const writer = new ReplyWriter(socket, DEFAULT_LIMITS);
  writer.begin(1);
  expect(writer.begun).toBe(false);
  const body = Buffer.alloc(32 << 20);
  writer.header({ ok: true }, body.length);
  expect(writer.begun).toBe(true);
  const written = writer.body(body);
  expect(writer.owed).toBe(body.length);
  expect(() => writer.header({ ok: true })).toThrow('header inside a body');
  client.resume();
  await written;
  expect(writer.owed).toBe(0);
  await expect(writer.body(body)).rejects.toThrow('more body than announced');
});
