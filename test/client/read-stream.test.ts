import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { connect, type Sealift } from '#sealift/index.js';
import { chunkServer, type Tricks } from '../helpers/chunk-server.js';
import { CHUNK, someBytes } from '../helpers/files.js';
import { frame } from '../helpers/wire.js';

const BODY = someBytes(2 * CHUNK + 900_000);

async function clientOf(tricks: Tricks = {}, content = BODY): Promise<Sealift> {
  const { url } = await chunkServer(content, tricks);
  const client = await connect(url, { retries: 1, retryDelay: 1 });
  onTestFinished(() => client.close());
  return client;
}

test.each([0, 1, CHUNK, CHUNK + 1, BODY.length])(
  'the right bytes end the stream: %d of them',
  async (size) => {
    const content = BODY.subarray(0, size);
    const client = await clientOf({}, content);
    expect((await buffer(client.read('a'))).equals(content)).toBe(true);
  },
);

test('wrong bytes are an error before the end, and their chunk is held back', async () => {
  const client = await clientOf({
    body: (body, { op, offset = 0 }) => {
      const at = CHUNK - Number(offset);
      if (op === 'get' && body.length > at) body[at] = (body[at] ?? 0) ^ 1;
      return body;
    },
  });
  const pieces: Buffer[] = [];
  let isEnded = false;
  const stream = client.read('a');
  stream.on('data', (piece: Buffer) => pieces.push(piece)).on('end', () => (isEnded = true));
  const [error] = await once(stream, 'error');
  expect(error).toMatchObject({ code: 'CORRUPT' });
  expect(Buffer.concat(pieces).equals(BODY.subarray(0, CHUNK))).toBe(true);
  expect(isEnded).toBe(false);
});

/** Sends the first chunk of a range, and no more. */
function stuckInSecondChunk(onEnd: (how: string) => void): Tricks {
  return {
    answer: async (wire, { op, ifMd5, name, offset, length }) => {
      if (op !== 'get' || ifMd5 === undefined) return false;
      wire.write(
        frame({ ok: true, name, type: 'x/y', size: BODY.length, md5: ifMd5, mtime: 0, offset, length }),
      );
      wire.write(BODY.subarray(0, CHUNK + 1));
      onEnd(await wire.ended());
      return true;
    },
  };
}

test('destroying it early ends the connection', async () => {
  let onEnd = (_how: string) => {};
  const ended = new Promise<string>((resolve) => (onEnd = resolve));
  const client = await clientOf(stuckInSecondChunk((how) => onEnd(how)));
  const stream = client.read('a');
  for await (const _piece of stream) break;
  expect(stream.destroyed).toBe(true);
  expect(await ended).not.toBe('');
});

test('aborting destroys it even while nobody reads', async () => {
  const abort = new AbortController();
  const client = await clientOf();
  const stream = client.read('a', { signal: abort.signal });
  await once(stream, 'readable');
  const failed = once(stream, 'error');
  abort.abort();
  expect((await failed)[0]).toMatchObject({ code: 'ABORTED' });

  const late = client.read('a', { signal: abort.signal });
  expect((await once(late, 'error'))[0]).toMatchObject({ code: 'ABORTED' });
});

test('a slow reader holds the server back', async () => {
  const content = Buffer.alloc(64 * CHUNK);
  let sent = 0;
  const client = await clientOf(
    {
      answer: (wire, { op, ifMd5, name, offset, length }) => {
        if (op !== 'get' || ifMd5 === undefined) return false;
        wire.write(
          frame({ ok: true, name, type: 'x/y', size: content.length, md5: ifMd5, mtime: 0, offset, length }),
        );
        const more = () => {
          do sent += 65_536;
          while (sent < content.length && wire.socket.write(Buffer.alloc(65_536)));
        };
        wire.socket.on('drain', more);
        more();
        return true;
      },
    },
    content,
  );
  const stream = client.read('a');
  await once(stream, 'readable');
  let before = -1;
  while (before !== sent) {
    before = sent;
    await new Promise((done) => setTimeout(done, 200));
  }
  expect(sent).toBeLessThan(content.length / 2);
  stream.destroy();
});

test('more streams at once than there are connections all come to their end', async () => {
  // Each damaged once: a stream must not keep its connection while it waits for another to mend it.
  let damaged = 0;
  const content = BODY.subarray(0, CHUNK + 5);
  const client = await clientOf(
    {
      body: (body, { op, ifMd5 }) => {
        const isFirst = op === 'get' && ifMd5 !== undefined && body.length === content.length;
        if (isFirst) body[3] = (body[3] ?? 0) ^ 1;
        if (isFirst) damaged++;
        return body;
      },
    },
    content,
  );
  const all = Array.from({ length: 20 }, () => buffer(client.read('a')));
  for (const bytes of await Promise.all(all)) expect(bytes.equals(content)).toBe(true);
  expect(damaged).toBe(20);
});
