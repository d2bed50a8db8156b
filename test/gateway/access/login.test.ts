import { expect, test } from 'vitest';
import { putFile } from '../../helpers/files.js';
import { type AskOptions, httpAsk } from '../../helpers/http-ask.js';
import { localServer } from '../../helpers/in-process.js';
import { rawHttp } from '../../helpers/raw-http.js';
import { tempFolder } from '../../helpers/temp-folder.js';

const TOKEN = 'correct-horse-battery';
const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' };
const BROWSER = { Accept: 'text/html,*/*;q=0.8' };

async function closedServer(options: Parameters<typeof localServer>[1] = {}) {
  const storage = tempFolder();
  putFile(storage, 'a.txt', 'hello');
  const limits = { wrongTokenDelay: 1, wrongTokenDelayMax: 1, ...options.limits };
  const server = await localServer(storage, { tokens: [TOKEN], ...options, limits });
  const ask = (path: string, asked: AskOptions = {}) => httpAsk(server.port, path, asked);
  const logIn = (fields: Record<string, string> = {}, headers: Record<string, string> = {}) =>
    ask('/.sealift/login', {
      method: 'POST',
      headers: { ...FORM, ...BROWSER, ...headers },
      body: new URLSearchParams({ token: TOKEN, next: '/', ...fields }).toString(),
    });
  const shown = (cookie: string, path = '/a.txt') => ask(path, { headers: { Cookie: cookie } });
  return { server, ask, logIn, shown };
}

test('who logs in gets a cookie that is not the token, goes on to what was asked for, and is let in', async () => {
  const { server, ask, logIn, shown } = await closedServer();
  const done = await logIn({ next: '/a.txt?search=x' });
  expect([done.status, done.headers.location, done.body]).toEqual([303, '/a.txt?search=x', '']);
  const [set = ''] = done.headers['set-cookie'] ?? [];
  expect(set).toMatch(
    new RegExp(
      `^sealift-${server.port}=\\d+\\.[\\w-]{43}; Path=/; Max-Age=2592000; HttpOnly; SameSite=Strict$`,
    ),
  );
  expect(JSON.stringify(done.headers)).not.toContain(TOKEN);
  expect((await shown(done.cookie)).body).toBe('hello');
  expect((await shown(`other=1; ${done.cookie}; x=y`)).status).toBe(200);
  const page = await ask('/', { headers: { Cookie: done.cookie, ...BROWSER } });
  expect(page.body).toContain('<form class="leave" method="post" action="/.sealift/logout">');
  expect(page.headers['referrer-policy']).toBe('same-origin');
  expect((await shown(done.cookie, '/.sealift/login')).headers.location).toBe('/');
  expect((await logIn({ token: ` ${TOKEN}\n` })).status).toBe(303);
  expect((await logIn({ next: '//evil.example/' })).headers.location).toBe('/');
});

test('who logs out is asked again', async () => {
  const { server, ask, logIn } = await closedServer();
  const { cookie } = await logIn();
  const out = await ask('/.sealift/logout', {
    method: 'POST',
    headers: { Cookie: cookie, Host: `localhost:${server.port}` },
  });
  expect([out.status, out.headers.location]).toEqual([303, '/']);
  expect(out.headers['set-cookie']).toEqual([
    `sealift-${server.port}=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict`,
  ]);
});

test('a wrong token leads back to the form, which keeps what was asked for, and not what was typed', async () => {
  const { logIn } = await closedServer();
  const wrong = await logIn({ token: 'my-other-secret', next: '/a.txt' });
  expect([wrong.status, wrong.cookie]).toEqual([401, '']);
  expect(wrong.body).toMatch(/That token is not right/);
  expect(wrong.body).toContain('name="next" value="/a.txt"');
  expect(wrong.body).not.toContain('my-other-secret');
  const empty = await logIn({ token: ' ' });
  expect([empty.status, empty.body.includes('role="alert"')]).toEqual([401, false]);
});

test('wrong tokens of the form count as all others, and a cookie costs nobody time', async () => {
  const { ask, logIn, shown } = await closedServer({
    limits: { wrongTokenDelay: 40_000, wrongTokenDelayMax: 60_000 },
  });
  const { cookie } = await logIn();
  for (const bad of [
    'x',
    '9999999999.',
    `9999999999.${'A'.repeat(43)}`,
    `${'9'.repeat(13)}.${'A'.repeat(43)}`,
  ]) {
    expect((await shown(cookie.replace(/=.*/, `=${bad}`))).status).toBe(401);
  }
  await logIn({ token: 'wrong' });
  expect(
    (await ask('/', { headers: { Authorization: `Bearer ${TOKEN}` } })).headers['retry-after'],
  ).toBeDefined();
  expect((await logIn()).body).toMatch(/Try again in \d+ s/);
  expect((await shown(cookie)).status).toBe(200);
});

test('a cookie opens nothing once it was changed, its token was replaced, or the server is another one', async () => {
  const { server, logIn, shown } = await closedServer();
  const { cookie } = await logIn();
  const [, name = '', expires = '', mac = ''] = /^([^=]+)=(\d+)\.(.*)$/.exec(cookie) ?? [];
  expect((await shown(`${name}=${Number(expires) + 1}.${mac}`)).status).toBe(401);
  expect((await shown(`${name}=0${expires}.${mac}`)).status).toBe(401);
  expect((await shown(`${name}x=${expires}.${mac}`)).status).toBe(401);
  expect((await shown(`${name}=planted.elsewhere; ${cookie}`)).status).toBe(200);
  const other = await closedServer();
  const theirs = cookie.replace(/^[^=]+/, `sealift-${other.server.port}`);
  expect((await other.shown(theirs)).status).toBe(401);
  server.replaceTokens([TOKEN, 'one-more-token-here']);
  expect((await shown(cookie)).status).toBe(200);
  server.replaceTokens(['one-more-token-here']);
  expect((await shown(cookie)).status).toBe(401);
});

test.each([
  ['a page of another site', { Origin: 'http://evil.example' }, 403],
  ['a page of another port', { Origin: 'http://127.0.0.1:1' }, 403],
  ['a page without an origin', { Origin: 'null' }, 403],
  ['what a browser says is of another site', { 'Sec-Fetch-Site': 'cross-site' }, 403],
  ['what a browser says is of a neighbour', { 'Sec-Fetch-Site': 'same-site' }, 403],
  ['another name of the server', { Host: 'evil.example' }, 403],
  ['no form', { 'Content-Type': 'application/json' }, 415],
  ['a form of pieces', { 'Content-Type': 'multipart/form-data; boundary=x' }, 415],
  ['text that looks like a form', { 'Content-Type': 'text/plain' }, 415],
])('%s neither logs in nor out', async (_, headers: Record<string, string>, status) => {
  const { ask, logIn } = await closedServer();
  const refused = await logIn({}, headers);
  expect([refused.status, refused.cookie]).toEqual([status, '']);
  if (status !== 403) return;
  expect((await ask('/.sealift/logout', { method: 'POST', headers })).status).toBe(403);
});

test('its own page may, under whichever name it is asked', async () => {
  const { server, logIn } = await closedServer();
  const host = `localhost:${server.port}`;
  expect(
    (await logIn({}, { Host: host, Origin: `http://${host}`, 'Sec-Fetch-Site': 'same-origin' })).status,
  ).toBe(303);
  expect((await logIn({}, { Host: 'localhost', Origin: 'http://localhost' })).cookie).toMatch(/^sealift-80=/);
});

test('a form that is too long, has no token or two, or never ends', async () => {
  const { server, ask, logIn } = await closedServer({ limits: { headerTimeout: 200 } });
  expect((await logIn({ token: 'x'.repeat(5_000) })).status).toBe(413);
  for (const body of ['next=/', `token=${TOKEN}&token=${TOKEN}`, '%']) {
    expect((await ask('/.sealift/login', { method: 'POST', headers: FORM, body })).status).toBe(400);
  }
  const head =
    'POST /.sealift/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n';
  const slow = await rawHttp(server.port, `${head}Content-Length: 100\r\n\r\ntoken=`);
  expect(slow.text).toMatch(/^HTTP\/1\.1 408 /);
  const asks = await rawHttp(
    server.port,
    `${head}Expect: 100-continue\r\nContent-Length: 27\r\n\r\ntoken=${TOKEN}`,
  );
  expect(asks.statuses).toEqual([100, 303]);
});

test('an open server has nobody to log in', async () => {
  const { ask, logIn } = await closedServer({ tokens: [] });
  expect((await logIn()).status).toBe(405);
  expect((await ask('/.sealift/login')).status).toBe(404);
  expect((await ask('/', { headers: BROWSER })).body).not.toContain('logout');
});
