import { expect, onTestFinished, test } from 'vitest';
import { ConnectionPool } from '#sealift/client/connection-pool.js';
import { parseServerUrl } from '#sealift/client/index.js';
import { SealiftError } from '#sealift/errors/index.js';
import { parseReply } from '#sealift/protocol/index.js';
import { maliciousServer, type Wire } from '../helpers/wire.js';

async function poolTo(serve: (wire: Wire) => Promise<void> | void): Promise<ConnectionPool> {
  const pool = new ConnectionPool(parseServerUrl(await maliciousServer(serve)), 5_000);
  onTestFinished(() => pool.close());
  return pool;
}

function gate(): { opened: Promise<void>; open: () => void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

test('never more than 8 connections, however many want one; they are used again', async () => {
  let connections = 0;
  const pool = await poolTo(() => void connections++);
  let [running, most] = [0, 0];
  await Promise.all(
    Array.from({ length: 50 }, () =>
      pool.use(undefined, async () => {
        most = Math.max(most, ++running);
        await new Promise((done) => setImmediate(done));
        running--;
      }),
    ),
  );
  expect(most).toBe(8);
  // The server may not have looked at the last of them yet.
  expect(connections).toBeLessThanOrEqual(8);
});

test('connections that were opened ahead are used, and no more than may be are opened', async () => {
  let connections = 0;
  const pool = await poolTo(() => void connections++);
  pool.warm(3);
  pool.warm(20);
  await expect.poll(() => connections).toBe(8);
  await Promise.all(Array.from({ length: 8 }, () => pool.use(undefined, async () => {})));
  expect(connections).toBe(8);
  pool.close();
  pool.warm(1);
  expect(connections).toBe(8);
});

test('a spare connection is for nobody who needs one: those come first', async () => {
  const pool = await poolTo(() => {});
  const release: (() => void)[] = [];
  const order: string[] = [];
  const hold = (what: string) => async () => {
    order.push(what);
    await new Promise<void>((resolve) => release.push(resolve));
  };
  const held = Array.from({ length: 8 }, () => pool.use(undefined, hold('first')));
  await expect.poll(() => release.length).toBe(8);
  expect(pool.isWanted).toBe(false);
  const spare = pool.useSpare(undefined, hold('spare'));
  expect(pool.isWanted).toBe(false);
  const needed = pool.use(undefined, hold('needed'));
  expect(pool.isWanted).toBe(true);
  while (order.length < 10 || release.length > 0) {
    release.shift()?.();
    await new Promise((done) => setImmediate(done));
  }
  await Promise.all([...held, spare, needed]);
  expect(order.slice(8)).toEqual(['needed', 'spare']);
});

test('after a failure frame the connection is used again; after any other error it is not', async () => {
  let connections = 0;
  const pool = await poolTo(async (wire) => {
    connections++;
    for (;;) {
      await wire.header();
      wire.send({ ok: false, code: 'NOT_FOUND', message: 'no' });
    }
  });
  const fail = () =>
    pool.use(undefined, async (connection) => {
      connection.send({ op: 'stat' });
      parseReply('stat', await connection.header());
    });
  await expect(fail()).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(fail()).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect(connections).toBe(1);

  const leave = () =>
    pool.use(undefined, async (connection) => {
      // The reply is still to come.
      connection.send({ op: 'stat' });
      throw new SealiftError('EXISTS', 'in the way');
    });
  await expect(leave()).rejects.toMatchObject({ code: 'EXISTS' });
  await expect(fail()).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect(connections).toBe(2);
});

test('a waiter that is aborted leaves, and keeps nobody else waiting', async () => {
  const pool = await poolTo(() => {});
  const busy = gate();
  const users = Array.from({ length: 8 }, () => pool.use(undefined, () => busy.opened));
  const abort = new AbortController();
  const aborted = Array.from({ length: 20 }, () => pool.use(abort.signal, async () => 'never'));
  const patient = Array.from({ length: 20 }, (_, at) => pool.use(undefined, async () => at));
  const outcomes = Promise.allSettled(aborted);
  abort.abort();
  for (const { status } of await outcomes) expect(status).toBe('rejected');
  busy.open();
  await Promise.all(users);
  expect(await Promise.all(patient)).toEqual(Array.from({ length: 20 }, (_, at) => at));
});

test('aborting ends the connection in use with ABORTED', async () => {
  let closed = gate();
  const pool = await poolTo(async (wire) => {
    await wire.ended();
    closed.open();
  });
  const abort = new AbortController();
  const waiting = pool.use(abort.signal, (connection) => {
    setImmediate(() => abort.abort());
    return connection.header();
  });
  await expect(waiting).rejects.toMatchObject({ code: 'ABORTED' });
  await closed.opened;
  closed = gate();
});

test('closing ends what is under way and refuses what comes', async () => {
  const pool = await poolTo(() => {});
  const inside = gate();
  const running = pool.use(undefined, (connection) => {
    inside.open();
    return connection.header();
  });
  const settled = expect(running).rejects.toMatchObject({ code: 'NETWORK' });
  await inside.opened;
  pool.close();
  await settled;
  await expect(pool.use(undefined, async () => {})).rejects.toMatchObject({ code: 'ABORTED' });
});

test('closing does not leave those waiting who have no connection yet', async () => {
  const pool = await poolTo(() => {});
  const busy = gate();
  let inside = 0;
  const full = gate();
  const users = Array.from({ length: 8 }, () =>
    pool.use(undefined, () => {
      if (++inside === 8) full.open();
      return busy.opened;
    }),
  );
  await full.opened;
  const waiting = pool.use(undefined, async () => 'never');
  const settled = expect(waiting).rejects.toMatchObject({ code: 'ABORTED' });
  pool.close();
  await settled;
  busy.open();
  await Promise.allSettled(users);
});
