import { Agent, request as httpRequest } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { describe, expect, onTestFinished, test } from 'vitest';
import { md5, putFile } from '../../helpers/files.js';
import { type AskOptions, httpAsk } from '../../helpers/http-ask.js';
import { localServer } from '../../helpers/in-process.js';
import { rawHttp, request } from '../../helpers/raw-http.js';
import { tempFolder } from '../../helpers/temp-folder.js';
import { Wire } from '../../helpers/wire.js';

const TOKEN = 'correct-horse-battery';
const BEARER = { Authorization: `Bearer ${TOKEN}` };
const BROWSER = { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
const basic = (pair: string) => ({ Authorization: `Basic ${Buffer.from(pair).toString('base64')}` });

async function closedServer({ wrongTokenDelay = 1 } = {}) {
  const storage = tempFolder();
  putFile(storage, 'there.txt', 'hello');
  putFile(storage, 'sub/deep.txt', 'deep');
  const server = await localServer(storage, {
    tokens: [TOKEN, 'another-token-of-it'],
    limits: { wrongTokenDelay, wrongTokenDelayMax: 60_000 },
  });
  const ask = (path: string, options: AskOptions = {}) => httpAsk(server.port, path, options);
  return { storage, server, ask };
}

describe('without a token', () => {
  test('whatever is asked for, the answer is the same: nothing tells which names are there', async () => {
    const { server, ask } = await closedServer();
    const paths = [
      '/there.txt',
      '/nothing.txt',
      '/',
      '/sub/',
      '/sub',
      '/none/',
      '/MD5SUMS',
      '/there.txt.meta4',
    ];
    const hidden = [
      '/.sealift/page/main.js',
      '/.sealift/page/none.js',
      '/.sealift/',
      '/?search=t',
      '/there.txt?token=',
    ];
    for (const method of ['GET', 'HEAD', 'OPTIONS', 'PROPFIND', 'PUT', 'DELETE', 'LOCK', 'POST']) {
      for (const accept of ['*/*', 'application/json']) {
        const answers = new Set<string>();
        for (const path of [...paths, ...hidden]) {
          const { status, headers, body } = await ask(path, { method, headers: { Accept: accept } });
          const { date: _date, ...fields } = headers;
          answers.add(JSON.stringify({ status, fields, body }));
        }
        expect(answers.size, method).toBe(1);
        expect([...answers][0]).toContain('"status":401');
      }
    }
    const ofAll = await rawHttp(server.port, request('*', ['Connection: close'], 'OPTIONS'));
    expect(ofAll.statuses).toEqual([401]);
  });

  test('a program is challenged, a browser gets the form and no window of its own', async () => {
    const { ask } = await closedServer();
    const program = await ask('/there.txt');
    expect(program.headers['www-authenticate']).toBe(
      'Basic realm="Sealift", charset="UTF-8", Bearer realm="Sealift"',
    );
    expect(program.headers['cache-control']).toBe('no-store');
    expect(JSON.parse(program.body)).toMatchObject({ status: 401, code: 'UNAUTHORIZED' });
    const browser = await ask('/sub/?search=a&token=oops&after=b', { headers: BROWSER });
    expect(browser.status).toBe(401);
    expect(browser.headers['www-authenticate']).toBe('Bearer realm="Sealift"');
    expect(browser.headers['referrer-policy']).toBe('same-origin');
    expect(browser.body).toContain('<input type="hidden" name="next" value="/sub/?search=a&amp;after=b">');
    expect(browser.body).not.toMatch(/oops|<script/);
    for (const headers of [{ 'Sec-Fetch-Mode': 'cors' }, { 'User-Agent': 'Mozilla/5.0 (X11)' }]) {
      expect((await ask('/x.png', { headers })).headers['www-authenticate']).toBe('Bearer realm="Sealift"');
    }
    // KDE's file manager calls itself a browser.
    const mount = await ask('/', { method: 'PROPFIND', headers: { 'User-Agent': 'Mozilla/5.0 KIO/6' } });
    expect(mount.headers['www-authenticate']).toContain('Basic');
  });

  test('what the form needs is there, and nothing else of the page', async () => {
    const { ask } = await closedServer();
    for (const part of ['page.css', 'login.css', 'icon.svg', 'icons.svg']) {
      expect((await ask(`/.sealift/page/${part}`)).status, part).toBe(200);
    }
    expect((await ask('/.sealift/page/listing.css')).status).toBe(401);
    expect((await ask('/.sealift/page/page.css', { method: 'PUT' })).status).toBe(401);
  });

  test('what is no request, or asks under another name, is told so first', async () => {
    const { ask } = await closedServer();
    expect((await ask('/%')).status).toBe(400);
    expect((await ask('/there.txt', { headers: { ...BEARER, Host: 'evil.example' } })).status).toBe(403);
    expect((await ask('/there.txt', { headers: { ...BEARER, Origin: 'http://evil.example' } })).status).toBe(
      403,
    );
  });
});

describe('with a token', () => {
  test.each([
    ['Bearer', BEARER],
    ['bearer, and two spaces', { Authorization: `bearer  ${TOKEN}` }],
    ['Basic, any user', basic(`anybody:${TOKEN}`)],
    ['Basic, no user', basic(`:${TOKEN}`)],
    ['Basic, as the user alone', basic(`${TOKEN}:`)],
    ['another token of the server', { Authorization: 'Bearer another-token-of-it' }],
  ])('%s: all is as ever, and no cache keeps it for others', async (_, headers) => {
    const { ask } = await closedServer();
    const file = await ask('/there.txt', { headers });
    expect([file.status, file.body]).toEqual([200, 'hello']);
    expect(file.headers).toMatchObject({
      'cache-control': 'private, no-cache',
      vary: 'Accept, Authorization, Cookie',
      etag: `"${md5('hello')}"`,
    });
    expect((await ask('/none', { headers })).status).toBe(404);
    expect((await ask('/x', { headers, method: 'PUT' })).status).toBe(405);
    const listing = await ask('/', { headers: { ...headers, Accept: 'application/json' } });
    expect(JSON.parse(listing.body).entries).toHaveLength(2);
    expect(listing.headers).toMatchObject({
      'cache-control': 'no-store',
      vary: 'Accept, Authorization, Cookie',
    });
    const properties = await ask('/', { headers: { ...headers, Depth: '1' }, method: 'PROPFIND' });
    expect([properties.status, properties.headers.vary]).toEqual([207, 'Accept, Authorization, Cookie']);
    // Only who has logged in with the form can log out.
    expect((await ask('/', { headers: { ...headers, ...BROWSER } })).body).not.toContain('logout');
  });

  test.each([
    ['a wrong one', { Authorization: 'Bearer wrong' }],
    ['the right one with more behind it', { Authorization: `Bearer ${TOKEN}x` }],
    ['less than the right one', { Authorization: `Bearer ${TOKEN.slice(0, -1)}` }],
    ['a wrong password', basic('anybody:wrong')],
    ['a right user with a wrong password', basic(`${TOKEN}:wrong`)],
  ])('%s is refused, and counted', async (_, headers) => {
    const { ask } = await closedServer({ wrongTokenDelay: 40_000 });
    const refused = await ask('/there.txt', { headers });
    expect(refused.status).toBe(401);
    expect(JSON.parse(refused.body)).toMatchObject({ code: 'UNAUTHORIZED', detail: 'wrong token' });
    expect(refused.headers['www-authenticate']).toContain('error="invalid_token"');
    expect(refused.headers['retry-after']).toBeUndefined();
    const later = await ask('/there.txt', { headers: BEARER });
    expect([later.status, Number(later.headers['retry-after']) > 30]).toEqual([401, true]);
    expect(later.body).not.toContain(TOKEN);
    expect((await ask('/', { headers: { ...BEARER, ...BROWSER } })).body).toMatch(
      /Too many wrong tokens .* Try again in \d+ s/,
    );
  });

  test.each([
    ['in another scheme', { Authorization: `Digest ${TOKEN}` }],
    ['in a pair without a colon', basic(TOKEN)],
    ['of nothing', basic(':')],
    ['in the query', {}],
    ['in a cookie', { Cookie: `token=${TOKEN}` }],
    ['in a header of its own', { 'X-Token': TOKEN }],
  ])('%s is none: 401 at once, and no guess', async (_, headers) => {
    const { ask } = await closedServer({ wrongTokenDelay: 40_000 });
    expect((await ask(`/there.txt?token=${TOKEN}&access_token=${TOKEN}`, { headers })).status).toBe(401);
    expect((await ask('/there.txt', { headers: BEARER })).status).toBe(200);
  });

  test('each request of a connection shows its own, also behind one that was right', async () => {
    const { server } = await closedServer();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    onTestFinished(() => agent.destroy());
    const statusOf = (headers: Record<string, string>, path = '/there.txt') =>
      new Promise<number | undefined>((resolve, reject) => {
        const asked = httpRequest(
          { port: server.port, host: '127.0.0.1', path, headers, agent },
          async (response) => {
            await buffer(response);
            resolve(response.statusCode);
          },
        );
        asked.once('error', reject).end();
      });
    const right = [await statusOf(BEARER), await statusOf(BEARER), await statusOf(BEARER, '/sub/deep.txt')];
    expect(right).toEqual([200, 200, 200]);
    expect([await statusOf({}), await statusOf({}, '/none')]).toEqual([401, 401]);
    expect(await statusOf({ Authorization: `Bearer ${TOKEN}x` })).toBe(401);
    expect(await statusOf(BEARER)).toBe(200);
    // What was right is not any more, also on a connection that was let in by it.
    server.replaceTokens(['a-new-token-instead']);
    expect(await statusOf(BEARER)).toBe(401);
    expect(await statusOf({ Authorization: 'Bearer a-new-token-instead' })).toBe(200);
  });

  test('requests that come ahead are each looked at', async () => {
    const { server } = await closedServer();
    const bearer = `Authorization: Bearer ${TOKEN}`;
    const ahead = [[bearer], [], [bearer], ['Authorization: Bearer x'], [bearer, 'Connection: close']];
    const { statuses } = await rawHttp(
      server.port,
      ahead.map((fields) => request('/there.txt', fields)).join(''),
    );
    expect(statuses).toEqual([200, 401, 200, 401, 200]);
  });
});

describe('while an address waits', () => {
  test('one that leaves is forgotten, and others go on', async () => {
    const { server, ask } = await closedServer({ wrongTokenDelay: 20_000 });
    const login = await ask('/.sealift/login', {
      method: 'POST',
      body: `token=${TOKEN}`,
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    });
    expect((await ask('/there.txt', { headers: { Authorization: 'Bearer wrong' } })).status).toBe(401);
    const held = await Wire.to(server.port);
    held.write(Buffer.from(request('/there.txt', [`Authorization: Bearer ${TOKEN}`])));
    // The page of somebody who was let in before goes on.
    expect((await ask('/there.txt', { headers: { Cookie: login.cookie } })).status).toBe(200);
    expect((await ask('/there.txt')).status).toBe(401);
    expect(held.unread).toBe(0);
    held.socket.end();
    expect(await held.ended()).toBe('ECONNRESET');
  });
});
