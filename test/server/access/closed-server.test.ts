import { describe, expect, test } from 'vitest';
import { connect, type SealiftServer } from '#sealift/index.js';
import { putFile } from '../../helpers/files.js';
import { localServer } from '../../helpers/in-process.js';
import { tempFolder } from '../../helpers/temp-folder.js';
import { maliciousServer, Wire } from '../../helpers/wire.js';

const TOKEN = 'correct-horse-battery';

async function closedServer(wrongTokenDelay = 1): Promise<SealiftServer> {
  const folder = tempFolder();
  putFile(folder, 'a', 'hello');
  return localServer(folder, {
    tokens: [TOKEN],
    exec: { programs: ['true'] },
    limits: { wrongTokenDelay, wrongTokenDelayMax: 60_000 },
  });
}

const hello = (token: unknown = TOKEN) => ({ op: 'hello', token });

describe('before a hello that succeeds', () => {
  test.each([
    [{ op: 'get', name: 'a' }],
    [{ op: 'get', name: 'not there' }],
    [{ op: 'stat', name: 'a' }],
    [{ op: 'list' }],
    [{ op: 'manifest', name: 'a' }],
    [{ op: 'ping', payload: 'x' }],
    [{ op: 'no-such-op' }],
    [{ op: 'get' }],
    [{ op: 'list', limit: 0 }],
    [{ op: 'exec' }],
    [{ op: 'hello' }],
    [{ op: 'hello', versions: [7] }],
  ])('%j is UNAUTHORIZED, and the server closes', async (request) => {
    const { port } = await closedServer();
    const wire = await Wire.to(port);
    expect(await wire.ask({ ...request, id: 7 })).toEqual({
      ok: false,
      code: 'UNAUTHORIZED',
      id: 7,
      message:
        'this server needs a token: set SEALIFT_TOKEN, add a line to ~/.config/sealift/tokens, or use the link that you were given',
    });
    expect(await wire.ended()).toBe('end');
  });

  test('what is no request is BAD_REQUEST', async () => {
    const { port } = await closedServer();
    expect(await (await Wire.to(port)).ask({ name: 'a' })).toMatchObject({ code: 'BAD_REQUEST' });
    expect(await (await Wire.to(port)).ask(hello('x'.repeat(60_000)))).toMatchObject({
      code: 'UNAUTHORIZED',
    });
    expect(await (await Wire.to(port)).ask(hello(7))).toMatchObject({ code: 'BAD_REQUEST' });
  });

  test('requests behind one with a wrong token are not answered', async () => {
    const { port } = await closedServer();
    const wire = await Wire.to(port);
    wire.send(hello('wrong'), { op: 'get', name: 'a' }, hello(), { op: 'get', name: 'a' });
    expect(await wire.header()).toMatchObject({ ok: false, code: 'UNAUTHORIZED', message: 'wrong token' });
    expect(await wire.ended()).toBe('end');
    expect(wire.unread).toBe(0);
  });

  test('a right token with a version that is not spoken lets nobody in', async () => {
    const { port } = await closedServer();
    const wire = await Wire.to(port);
    expect(await wire.ask({ ...hello(), versions: [7] })).toMatchObject({ code: 'VERSION' });
    expect(await wire.ask({ op: 'ping' })).toMatchObject({ code: 'UNAUTHORIZED' });
  });
});

test('behind a hello everything is answered, also what was sent along with it, and hello again', async () => {
  const { port } = await closedServer();
  const wire = await Wire.to(port);
  wire.send(hello(), { op: 'get', name: 'a' }, { op: 'hello' }, { op: 'ping' });
  expect(await wire.header()).toMatchObject({ ok: true, version: 1 });
  expect(await wire.header()).toMatchObject({ ok: true, name: 'a', length: 5 });
  expect((await wire.bytes(5)).toString()).toBe('hello');
  expect(await wire.header()).toMatchObject({ ok: true, version: 1 });
  expect(await wire.header()).toEqual({ ok: true, payload: '' });
  expect(await wire.ask(hello('wrong'))).toMatchObject({ code: 'UNAUTHORIZED' });
  expect(await wire.ended()).toBe('end');
});

test('a token is taken and not needed where the server has none', async () => {
  const server = await localServer(tempFolder());
  const wire = await Wire.to(server.port);
  expect(await wire.ask(hello('anything'))).toMatchObject({ ok: true });
});

describe('a client', () => {
  test('with the token, in its options or its address', async () => {
    const server = await closedServer();
    for (const [url, options] of [
      [server.url, { token: TOKEN }],
      [server.url.replace('//', `//${TOKEN}@`), {}],
    ] as const) {
      const client = await connect(url, options);
      expect((await client.stat('a')).size).toBe(5);
      expect(client.url).toBe(server.url);
      client.close();
    }
  });

  test('without, or with a wrong one, is told so, and does not try again', async () => {
    const server = await closedServer();
    const retries: unknown[] = [];
    const onRetry = (retry: unknown) => retries.push(retry);
    await expect(connect(server.url, { token: 'wrong', onRetry })).rejects.toMatchObject({
      code: 'UNAUTHORIZED',
      message: `${server.url}: wrong token`,
    });
    const client = await connect(server.url, { onRetry });
    await expect(client.stat('a')).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
    client.close();
    expect(retries).toEqual([]);
  });
});

test('tokens are replaced while it serves: who is in stays, the old one opens nothing more', async () => {
  const server = await closedServer();
  const before = await Wire.to(server.port);
  expect(await before.ask(hello())).toMatchObject({ ok: true });
  server.replaceTokens(['another-token']);
  expect(await before.ask({ op: 'ping' })).toMatchObject({ ok: true });
  expect(await (await Wire.to(server.port)).ask(hello())).toMatchObject({ code: 'UNAUTHORIZED' });
  expect(await (await Wire.to(server.port)).ask(hello('another-token'))).toMatchObject({ ok: true });
  expect(() => server.replaceTokens([])).toThrow('no token is left');
  expect(await (await Wire.to(server.port)).ask({ op: 'ping' })).toMatchObject({ code: 'UNAUTHORIZED' });
});

test('guessing: each wrong token makes the address wait, on whatever connection', async () => {
  const { port } = await closedServer(40_000);
  expect(await (await Wire.to(port)).ask(hello('wrong'))).toMatchObject({ message: 'wrong token' });
  const refusal = await (await Wire.to(port)).ask(hello());
  expect(refusal).toMatchObject({ ok: false, code: 'UNAUTHORIZED' });
  expect(refusal.message).toMatch(/^too many wrong tokens from your address; try again in (40|39) s$/);
});

test('a client that waits for its turn and leaves holds nothing', async () => {
  const server = await closedServer(20_000);
  await (await Wire.to(server.port)).ask(hello('wrong'));
  const waiting = await Wire.to(server.port);
  waiting.send(hello());
  await expect.poll(() => server.running).toBe(1);
  waiting.socket.resetAndDestroy();
  await expect.poll(() => server.running).toBe(0);
});

test('a client that has to wait is told so', async () => {
  let goOn = () => {};
  const url = await maliciousServer(async (wire) => {
    await wire.header();
    await new Promise<void>((resolve) => {
      goOn = resolve;
    });
    wire.send({ ok: true, version: 1, server: 'slow', limits: {}, capabilities: [] });
  });
  let waits = 0;
  const onWait = () => {
    waits++;
    goOn();
  };
  const client = await connect(url, { token: TOKEN, onWait });
  client.close();
  expect(waits).toBe(1);
});

test('a server that takes a hello and speaks another version is none', async () => {
  const url = await maliciousServer(async (wire) => {
    await wire.header();
    wire.send({ ok: true, version: 2, server: 'later', limits: {}, capabilities: [] });
  });
  await expect(connect(url, { token: TOKEN })).rejects.toMatchObject({ code: 'PROTOCOL' });
});
