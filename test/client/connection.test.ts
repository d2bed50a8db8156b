import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { Connection } from '#sealift/client/connection.js';
import { parseServerUrl } from '#sealift/client/index.js';
import { someBytes } from '../helpers/files.js';
import { frame, maliciousServer, type Wire } from '../helpers/wire.js';

async function connectTo(
  serve: (wire: Wire) => Promise<void> | void,
  timeout = 5_000,
  signal?: AbortSignal,
): Promise<Connection> {
  const url = await maliciousServer(serve);
  const connection = await Connection.open(parseServerUrl(url), { timeout, signal });
  onTestFinished(() => connection.destroy());
  return connection;
}

function readBody(connection: Connection, length: number): Promise<Buffer> {
  return connection.wholeBody(length);
}

test('headers and bodies come out the same however the stream is cut', async () => {
  const body = someBytes(300);
  const stream = Buffer.concat([
    frame({ ok: true, n: 1 }),
    body,
    frame({ ok: true, n: 2 }),
    frame({ ok: true, n: 3 }),
    body,
  ]);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: stream.length - 1 }), { maxLength: 12 }),
      async (cuts) => {
        const ends = [...new Set(cuts), stream.length].sort((a, b) => a - b);
        const connection = await connectTo(async ({ socket }) => {
          let start = 0;
          for (const end of ends) {
            const piece = stream.subarray(start, end);
            await new Promise((done) => socket.write(piece, done));
            // A turn of the event loop between pieces, so that they are not sent as one.
            await new Promise((done) => setImmediate(done));
            start = end;
          }
        });
        expect(await connection.header()).toEqual({ ok: true, n: 1 });
        expect((await readBody(connection, body.length)).equals(body)).toBe(true);
        expect(await connection.header()).toEqual({ ok: true, n: 2 });
        expect(await connection.header()).toEqual({ ok: true, n: 3 });
        expect((await readBody(connection, body.length)).equals(body)).toBe(true);
        expect(connection.isIdle).toBe(true);
        connection.destroy();
      },
    ),
    { numRuns: 40 },
  );
});

test('a dripping peer does not extend the time for a header', async () => {
  const bytes = frame({ ok: true, padding: 'x'.repeat(1_000) });
  let sent = 0;
  const connection = await connectTo(({ socket }) => {
    const timer = setInterval(() => socket.write(bytes.subarray(sent, ++sent)), 20);
    socket.once('close', () => clearInterval(timer));
  }, 300);
  await expect(connection.header()).rejects.toMatchObject({ code: 'TIMEOUT' });
  expect(sent).toBeGreaterThan(3);
});

test('a dripping peer does not extend the time for a body; enough bytes do', async () => {
  const dripping = await connectTo(({ socket }) => {
    socket.write(frame({ ok: true }));
    const timer = setInterval(() => socket.write('x'), 20);
    socket.once('close', () => clearInterval(timer));
  }, 300);
  await dripping.header();
  await expect(readBody(dripping, 1_000_000)).rejects.toMatchObject({ code: 'TIMEOUT' });

  const steady = await connectTo(({ socket }) => {
    socket.write(frame({ ok: true }));
    let sent = 0;
    const timer = setInterval(() => {
      // 10 kB a second over thrice the timeout.
      if (sent < 9_000) socket.write(Buffer.alloc(500));
      sent += 500;
    }, 50);
    socket.once('close', () => clearInterval(timer));
  }, 300);
  await steady.header();
  expect(await readBody(steady, 9_000)).toHaveLength(9_000);
});

test('an early end says how many bytes are missing', async () => {
  const connection = await connectTo(({ socket }) => {
    socket.end(Buffer.concat([frame({ ok: true }), Buffer.alloc(700)]));
  });
  await connection.header();
  await expect(readBody(connection, 1_000)).rejects.toMatchObject({
    code: 'NETWORK',
    message: expect.stringContaining(
      '300 bytes short; the file may have changed on the server, or the network broke',
    ),
  });
  expect(connection.isIdle).toBe(false);
});

test('what is behind a body is never read as part of it, and several fills come in order', async () => {
  const body = someBytes(300_000);
  const connection = await connectTo(({ socket }) => {
    socket.write(Buffer.concat([frame({ ok: true }), body, frame({ ok: true, n: 2 })]));
  });
  await connection.header();
  connection.startBody(body.length);
  await expect(connection.fill(Buffer.alloc(body.length + 1))).rejects.toThrow('more is asked for');
  const parts = [Buffer.alloc(7), Buffer.alloc(0), Buffer.alloc(199_993), Buffer.alloc(100_000)];
  const order: number[] = [];
  let counted = 0;
  await Promise.all(
    parts.map((part, at) =>
      connection.fill(part, (count) => (counted += count)).then(() => part.length > 0 && order.push(at)),
    ),
  );
  expect(order).toEqual([0, 2, 3]);
  expect(counted).toBe(body.length);
  expect(Buffer.concat(parts).equals(body)).toBe(true);
  expect(await connection.header()).toEqual({ ok: true, n: 2 });
  expect(connection.isIdle).toBe(true);
});

test('bytes go on into the next fill after nobody waited for a while', async () => {
  const body = someBytes(3 << 20);
  const connection = await connectTo(({ socket }) => {
    socket.write(Buffer.concat([frame({ ok: true }), body, frame({ ok: true, n: 2 })]));
  });
  await connection.header();
  connection.startBody(body.length);
  const target = Buffer.alloc(body.length);
  for (let at = 0; at < body.length; at += 1 << 19) {
    await connection.fill(target.subarray(at, at + (1 << 19)));
    // The socket reads on for nobody meanwhile.
    for (let turn = 0; turn < 5; turn++) await new Promise((done) => setImmediate(done));
  }
  expect(target.equals(body)).toBe(true);
  expect(await connection.header()).toEqual({ ok: true, n: 2 });
});

test('a fault in whoever is told of bytes fails the fill, and ends the connection', async () => {
  const connection = await connectTo(({ socket }) => {
    socket.write(Buffer.concat([frame({ ok: true }), Buffer.alloc(1_000)]));
  });
  await connection.header();
  connection.startBody(1_000);
  const filled = connection.fill(Buffer.alloc(1_000), () => {
    throw new Error('no room on the screen');
  });
  await expect(filled).rejects.toThrow('no room on the screen');
  expect(connection.isIdle).toBe(false);
});

test('surplus bytes are seen', async () => {
  const connection = await connectTo(({ socket }) => {
    socket.write(Buffer.concat([frame({ ok: true }), Buffer.from('hello!')]));
  });
  await connection.header();
  expect((await readBody(connection, 5)).toString()).toBe('hello');
  expect(() => connection.ensureNothingMore()).toThrow(expect.objectContaining({ code: 'PROTOCOL' }));
});

test('what is not asked for stays in the socket: memory is bounded', async () => {
  let sent = 0;
  const connection = await connectTo(({ socket }) => {
    const more = () => {
      do sent += 65_536;
      while (sent < 1 << 28 && socket.write(Buffer.alloc(65_536)));
    };
    socket.on('drain', more);
    socket.write(frame({ ok: true }));
    more();
  });
  await connection.header();
  connection.startBody(1 << 28);
  await connection.fill(Buffer.alloc(1_000));
  let before = -1;
  // Until the sender is stopped: two looks in a row find that nothing more was taken.
  while (before !== sent) {
    before = sent;
    await new Promise((done) => setTimeout(done, 200));
  }
  expect(sent).toBeLessThan(1 << 26);
});

test('aborting while connecting, and an address where nothing listens', async () => {
  await expect(
    Connection.open({ host: '127.0.0.1', port: 1 }, { timeout: 1_000, signal: AbortSignal.abort() }),
  ).rejects.toMatchObject({ code: 'ABORTED' });
  await expect(Connection.open({ host: '127.0.0.1', port: 1 }, { timeout: 1_000 })).rejects.toMatchObject({
    code: 'NETWORK',
    message: expect.stringContaining('is "sealift serve" running there?'),
  });
});

test('why a server refuses is read even if it has closed before a request was sent', async () => {
  let closed: Promise<string> | undefined;
  const connection = await connectTo((wire) => {
    closed = wire.ended();
    wire.socket.end(frame({ ok: false, code: 'BUSY', message: 'too many' }));
  });
  // The client has seen the end once it closed its own side.
  await closed;
  connection.send({ op: 'ping' });
  expect(await connection.header()).toMatchObject({ code: 'BUSY' });
  expect(() => connection.send({ op: 'ping' })).toThrow(expect.objectContaining({ code: 'NETWORK' }));
});
