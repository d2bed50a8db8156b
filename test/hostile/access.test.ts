import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { connect } from '#sealift/client/index.js';
import { AccessControl } from '#sealift/server/access/index.js';
import { DEFAULT_LIMITS } from '#sealift/server/server-limits.js';
import type { Store } from '#sealift/store/index.js';
import { sealift, startServer } from '../helpers/cli.js';
import { putFile } from '../helpers/files.js';
import { httpAsk } from '../helpers/http-ask.js';
import { localServer } from '../helpers/in-process.js';
import { rawHttp, request } from '../helpers/raw-http.js';
import { serveAccess } from '../helpers/serve-access.js';
import { openStore } from '../helpers/store.js';
import { tempFolder } from '../helpers/temp-folder.js';
import { Wire } from '../helpers/wire.js';

const SRC = fileURLToPath(new URL('../../src', import.meta.url));
const TOKEN = 'correct-horse-battery-staple';
const WRONG = 'wrong-horse-battery-staple';
const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });

async function closedServer(wrongTokenDelay = 1) {
  const storage = tempFolder();
  putFile(storage, 'there.txt', 'hello');
  const limits = { wrongTokenDelay, wrongTokenDelayMax: wrongTokenDelay };
  const { port } = await localServer(storage, { tokens: [TOKEN], limits });
  const byHttp = async (path: string, headers: Record<string, string>) => {
    const { status, headers: all, body } = await httpAsk(port, path, { headers });
    const { date: _, ...fields } = all;
    return { status, fields, body };
  };
  const byFrames = async (name: string, token: string) => {
    const wire = await Wire.to(port);
    const answer = await wire.ask({ op: 'hello', token });
    if (!answer.ok) return answer;
    return wire.ask({ op: 'stat', name });
  };
  return { port, byHttp, byFrames };
}

test('case 84: a wrong token gets the same answer for a name that is there and one that is not, by HTTP and in frames', async () => {
  const { port, byHttp, byFrames } = await closedServer();
  for (const headers of [
    bearer(WRONG),
    {},
    { Authorization: 'Basic Og==' },
    { Cookie: `sealift-${port}=1.x` },
  ]) {
    const there = await byHttp('/there.txt', headers as Record<string, string>);
    expect(there.status).toBe(401);
    expect(await byHttp('/none.txt', headers as Record<string, string>)).toEqual(there);
  }
  const refused = await byFrames('there.txt', WRONG);
  expect(refused).toMatchObject({ ok: false, code: 'UNAUTHORIZED' });
  expect(await byFrames('none.txt', WRONG)).toEqual(refused);
  expect((await byHttp('/none.txt', bearer(TOKEN))).status).toBe(404);
});

test('case 84: before somebody is let in the store is not asked for anything', async () => {
  const asked: string[] = [];
  const store = new Proxy({} as Store, {
    get: (_, method) => () => {
      asked.push(String(method));
      throw new Error('asked');
    },
  });
  const limits = { ...DEFAULT_LIMITS, wrongTokenDelay: 1, wrongTokenDelayMax: 1 };
  const { port } = await serveAccess(new AccessControl(store, [TOKEN], limits));
  for (const method of ['GET', 'HEAD', 'OPTIONS', 'PROPFIND', 'POST', 'PUT', 'MKCOL']) {
    for (const path of [
      '/there.txt',
      '/',
      '/sub/',
      '/MD5SUMS',
      '/x.meta4',
      '/?search=x',
      '/.sealift/page/main.js',
    ]) {
      for (const headers of [{}, bearer(WRONG), { Accept: 'text/html', Cookie: `sealift-${port}=2.x` }]) {
        expect((await httpAsk(port, path, { method, headers })).status).toBe(401);
      }
    }
  }
  const wire = await Wire.to(port);
  expect(await wire.ask({ op: 'get', name: 'there.txt' })).toMatchObject({ code: 'UNAUTHORIZED' });
  expect(asked).toEqual([]);
  await httpAsk(port, '/there.txt', { headers: bearer(TOKEN) });
  expect(asked).not.toEqual([]);
});

test('case 84: whatever is secret is compared by its digest, in constant time', () => {
  for (const folder of ['server/access', 'gateway/access']) {
    for (const file of readdirSync(join(SRC, folder))) {
      const code = readFileSync(join(SRC, folder, file), 'utf8');
      const secret = '(?:token|ticket|mac|digest|field|authorization)';
      const compared = new RegExp(
        String.raw`\b${secret}\s*[!=]==(?!\s*(?:undefined|null|''))|[!=]==\s*${secret}\b`,
        'i',
      );
      expect(compared.exec(code)?.[0], `${folder}/${file}`).toBeUndefined();
      expect(/includes\((?:token|ticket|mac)\)/.test(code), `${folder}/${file}`).toBe(false);
    }
  }
  for (const file of ['server/access/tokens.ts', 'gateway/access/right-header.ts']) {
    expect(readFileSync(join(SRC, file), 'utf8')).toContain('timingSafeEqual(');
  }
});

test('case 85: guesses by HTTP and in frames are counted together, and the right token waits behind them', async () => {
  const byHttpFirst = await closedServer(40_000);
  expect((await byHttpFirst.byHttp('/there.txt', bearer(WRONG))).status).toBe(401);
  expect(await byHttpFirst.byFrames('there.txt', TOKEN)).toMatchObject({
    code: 'UNAUTHORIZED',
    message: expect.stringMatching(/^too many wrong tokens from your address; try again in \d+ s$/),
  });
  const inFramesFirst = await closedServer(40_000);
  expect(await inFramesFirst.byFrames('there.txt', WRONG)).toMatchObject({ message: 'wrong token' });
  const refused = await inFramesFirst.byHttp('/there.txt', bearer(TOKEN));
  expect(refused.status).toBe(401);
  expect(Number(refused.fields['retry-after'])).toBeGreaterThan(30);
  // By all ways of HTTP.
  const body = `token=${TOKEN}`;
  const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
  const form = await httpAsk(inFramesFirst.port, '/.sealift/login', { method: 'POST', body, headers });
  expect([form.status, form.cookie]).toEqual([401, '']);
});

test('case 85: many guesses ahead on one connection cost as many delays', async () => {
  const { port } = await closedServer(40_000);
  const guesses = Array.from({ length: 20 }, (_, nth) =>
    request('/there.txt', [`Authorization: Bearer guess-${nth}`]),
  );
  const { text, statuses } = await rawHttp(port, guesses.join('') + request('/', ['Connection: close']));
  expect(statuses).toEqual(Array(21).fill(401));
  expect(text.match(/"detail":"wrong token"/g)).toHaveLength(1);
  expect(text.match(/Retry-After: /g)).toHaveLength(19);
});

test.each(['pretty', 'json', 'off'])(
  'case 86: no token is in an answer, a command line or a log (%s)',
  async (style) => {
    const storage = tempFolder();
    putFile(storage, 'there.txt', 'hello');
    const args = ['--log', style, '--wrong-token-delay', '1ms', '--wrong-token-delay-max', '1ms'];
    const server = await startServer(storage, args, { env: { SEALIFT_TOKEN: TOKEN } });
    const { port, child } = server;
    const pair = (user: string, password: string) => Buffer.from(`${user}:${password}`).toString('base64');
    const answers: unknown[] = [];
    const ask = async (...asked: Parameters<typeof httpAsk>) => answers.push(await httpAsk(...asked));
    for (const accept of ['text/html', '*/*', 'application/json']) {
      for (const token of [TOKEN, WRONG]) {
        const form = { Accept: accept, 'Content-Type': 'application/x-www-form-urlencoded' };
        const body = `token=${token}&next=%2Fthere.txt`;
        await ask(port, '/.sealift/login', { method: 'POST', headers: form, body });
        await ask(port, `/?token=${token}&search=a`, { headers: { Accept: accept } });
        await ask(port, '/none', { headers: { Accept: accept, ...bearer(token) } });
        await ask(port, '/', { headers: { Accept: accept, Authorization: `Basic ${pair('me', token)}` } });
        await ask(port, '/', {
          method: 'BREW',
          headers: { Accept: accept, Authorization: `Digest ${token}` },
        });
      }
    }
    const wire = await Wire.to(port);
    answers.push(await wire.ask({ op: 'hello', token: WRONG }));
    const client = await connect(`sealift://${TOKEN}@127.0.0.1:${port}`);
    answers.push(await client.stat('there.txt'));
    client.close();
    const env = { SEALIFT_TOKEN: WRONG };
    const failed = await sealift(['info', 'there.txt', '-s', `127.0.0.1:${port}`, '--retries', '0'], { env });
    expect(failed.code).toBe(6);
    const commandLine = readFileSync(`/proc/${child.pid}/cmdline`, 'utf8');
    const { stdout, stderr } = await server.stop();
    const seen = JSON.stringify([answers, failed, commandLine, stdout, stderr]);
    expect(stderr.includes('there.txt') || style === 'off').toBe(true);
    for (const secret of [TOKEN, WRONG, pair('me', TOKEN), pair('me', WRONG)])
      expect(seen).not.toContain(secret);
  },
);

class BrokenAccess extends AccessControl {
  constructor(
    store: Store,
    private readonly breaks: () => never,
  ) {
    super(store, [TOKEN], DEFAULT_LIMITS);
  }

  override async authorize(): Promise<never> {
    return this.breaks();
  }

  override ofTicket(): never {
    return this.breaks();
  }
}

test.each([
  ['fails unforeseen', () => new Error('the index is gone')],
  ['fails with what is no error', () => undefined],
  ['lets in to nothing', () => null],
])('case 87: when asking who may %s, nothing is served', async (how, makes) => {
  const storage = tempFolder();
  putFile(storage, 'there.txt', 'of the file');
  const store = await openStore(storage);
  const breaks = () => {
    if (how === 'lets in to nothing') return makes() as never;
    throw makes();
  };
  const { port, records } = await serveAccess(new BrokenAccess(store, breaks as () => never));
  for (const path of ['/there.txt', '/', '/.sealift/share/x/there.txt', '/.sealift/share/x/']) {
    for (const headers of [bearer(TOKEN), { Authorization: 'Basic OnRva2Vu', Accept: 'text/html' }]) {
      const { status, body } = await httpAsk(port, path, { headers });
      expect([401, 500]).toContain(status);
      expect(body).not.toMatch(/of the file|the index is gone/);
    }
  }
  const cookie = { Cookie: `sealift-${port}=9.x`, ...bearer(TOKEN) };
  expect([401, 500]).toContain((await httpAsk(port, '/there.txt', { headers: cookie })).status);
  const wire = await Wire.to(port);
  expect(await wire.ask({ op: 'hello', token: TOKEN })).toMatchObject({ ok: false });
  expect(records.every(({ code }) => code !== 'OK')).toBe(true);
  expect((await httpAsk(port, '/there.txt')).status).toBe(401);
});
