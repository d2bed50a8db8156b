import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { connect, type Sealift } from '#sealift/index.js';
import { md5, someBytes } from '../helpers/files.js';
import { frame, getReply, maliciousServer, type Wire } from '../helpers/wire.js';

const BODY = someBytes(3_000_000);

async function clientOf(serve: (wire: Wire) => Promise<void>): Promise<Sealift> {
  const client = await connect(await maliciousServer(serve));
  onTestFinished(() => client.close());
  return client;
}

test('the right bytes end the stream', async () => {
  const client = await clientOf(async (wire) => {
    await wire.header();
    wire.write(Buffer.concat([frame(getReply('a', BODY, md5(BODY))), BODY]));
  });
  expect((await buffer(client.read('a'))).equals(BODY)).toBe(true);
});

test('wrong bytes are an error before the end, and the last piece is held back', async () => {
  const client = await clientOf(async (wire) => {
    await wire.header();
    wire.write(Buffer.concat([frame(getReply('a', BODY, md5('other'))), BODY]));
  });
  let received = 0;
  let isEnded = false;
  const stream = client.read('a');
  stream.on('data', (piece: Buffer) => (received += piece.length)).on('end', () => (isEnded = true));
  const [error] = await once(stream, 'error');
  expect(error).toMatchObject({ code: 'CORRUPT' });
  expect(received).toBeLessThan(BODY.length);
  expect(isEnded).toBe(false);
});

test('destroying it early ends the connection', async () => {
  let ending: Promise<string> | undefined;
  const client = await clientOf(async (wire) => {
    await wire.header();
    ending = wire.ended();
    wire.write(Buffer.concat([frame(getReply('a', BODY, md5(BODY))), BODY.subarray(0, 1_000_000)]));
  });
  const stream = client.read('a');
  for await (const _piece of stream) break;
  expect(stream.destroyed).toBe(true);
  expect(await ending).not.toBe('');
});

test('aborting destroys it even while nobody reads', async () => {
  const abort = new AbortController();
  const client = await clientOf(async (wire) => {
    await wire.header();
    wire.write(Buffer.concat([frame(getReply('a', BODY, md5(BODY))), BODY]));
  });
  const stream = client.read('a', { signal: abort.signal });
  await once(stream, 'readable');
  const failed = once(stream, 'error');
  abort.abort();
  expect((await failed)[0]).toMatchObject({ code: 'ABORTED' });

  const late = client.read('a', { signal: abort.signal });
  expect((await once(late, 'error'))[0]).toMatchObject({ code: 'ABORTED' });
});

test('a slow reader holds the server back', async () => {
  const size = 1 << 28;
  let sent = 0;
  const client = await clientOf(async (wire) => {
    await wire.header();
    wire.send({ ...getReply('a', BODY, md5(BODY)), size, length: size });
    const more = () => {
      do sent += 65_536;
      while (sent < size && wire.socket.write(Buffer.alloc(65_536)));
    };
    wire.socket.on('drain', more);
    more();
  });
  const stream = client.read('a');
  await once(stream, 'readable');
  let before = -1;
  while (before !== sent) {
    before = sent;
    await new Promise((done) => setTimeout(done, 200));
  }
  expect(sent).toBeLessThan(size / 4);
  stream.destroy();
});
