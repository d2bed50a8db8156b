import { expect, test } from 'vitest';
import { putFile } from '../../helpers/files.js';
import { type AskOptions, httpAsk } from '../../helpers/http-ask.js';
import { LinkAccess, serveAccess } from '../../helpers/serve-access.js';
import { md5Of, openStore } from '../../helpers/store.js';
import { tempFolder } from '../../helpers/temp-folder.js';

const LINK = '/.sealift/share/good';
const BROWSER = { Accept: 'text/html,*/*;q=0.8' };
const JSON_ = { Accept: 'application/json' };
const NAMES = ['a.txt', 'sub/deep/b c.txt', 'sub/deep/other.txt', 'sub/x.txt', 'z/z.txt'];

async function sharing({
  sees = (name: string) => name.startsWith('sub/deep/'),
  tokens = ['correct-horse-battery'],
  ...link
}: {
  sees?: (name: string) => boolean;
  tokens?: string[];
  uses?: number;
  expires?: number;
} = {}) {
  const storage = tempFolder();
  for (const name of NAMES) putFile(storage, name, `of ${name}`);
  const store = await openStore(storage);
  for (const name of NAMES) await md5Of(store, name);
  const access = new LinkAccess(store, { sees, ...link }, tokens);
  const { port, records } = await serveAccess(access);
  const ask = (path: string, options: AskOptions = {}) => httpAsk(port, path, options);
  const namesAt = async (path: string) =>
    JSON.parse((await ask(path, { headers: JSON_ })).body).entries.map(({ name }: { name: string }) => name);
  return { access, port, records, ask, namesAt };
}

test.each([
  ['a closed server', ['correct-horse-battery']],
  ['an open one', []],
])('a link opens what it is for, and nothing else, on %s', async (_, tokens) => {
  const { ask, namesAt, records } = await sharing({ tokens });
  expect(await namesAt(`${LINK}/`)).toEqual(['sub']);
  expect(await namesAt(`${LINK}/sub/`)).toEqual(['sub/deep']);
  expect(await namesAt(`${LINK}/sub/deep/`)).toEqual(['sub/deep/b c.txt', 'sub/deep/other.txt']);
  expect(await namesAt(`${LINK}/?search=t`)).toEqual(['sub/deep/b c.txt', 'sub/deep/other.txt']);
  const file = await ask(`${LINK}/sub/deep/b%20c.txt`);
  expect([file.status, file.body]).toEqual([200, 'of sub/deep/b c.txt']);
  expect(file.headers['cache-control']).toBe('private, no-cache');
  const part = await ask(`${LINK}/sub/deep/b%20c.txt`, { headers: { Range: 'bytes=0-1' } });
  expect([part.status, part.body]).toEqual([206, 'of']);
  expect((await ask(`${LINK}/MD5SUMS`)).body.match(/ {2}.*/g)).toEqual([
    '  sub/deep/b c.txt',
    '  sub/deep/other.txt',
  ]);
  for (const name of [
    'a.txt',
    'sub/x.txt',
    'z/',
    'z',
    'z/MD5SUMS',
    'a.txt.meta4',
    '.sealift/login',
    '.sealift/share/good/',
    'sub/.sealift/share/good/x',
    '/',
  ]) {
    expect((await ask(`${LINK}/${name}`)).status, name).toBe(404);
  }
  expect((await ask(`${LINK}/x`, { method: 'POST' })).status).toBe(405);
  // The capability is a secret: it is in no record.
  expect(JSON.stringify(records)).not.toContain('good');
});

test('whatever leads on stays below the link', async () => {
  const { port, ask } = await sharing();
  for (const path of [LINK, `${LINK}/sub/deep`]) {
    const moved = await ask(path);
    expect([moved.status, moved.headers.location]).toEqual([301, `${path}/`]);
  }
  const pages = [
    (await ask(`${LINK}/sub/`, { headers: BROWSER })).body,
    (await ask(`${LINK}/sub/deep/none`, { headers: BROWSER })).body,
    (await ask(`${LINK}/`, { headers: BROWSER })).body,
  ];
  for (const page of pages) {
    const absolute = [...page.matchAll(/(?:href|src|action)="(\/[^"]*)"/g)].map(([, path]) => path);
    expect(absolute.length).toBeGreaterThan(4);
    for (const path of absolute) expect(path).toMatch(/^\/\.sealift\/share\/good\//);
  }
  expect(pages[0]).toContain(`<a href="${LINK}/">All files</a>`);
  for (const part of ['main.js', 'base.js', 'page.css', 'download/hash-worker.js', 'icons.svg']) {
    expect((await ask(`${LINK}/.sealift/page/${part}`)).status, part).toBe(200);
  }
  const found = await ask(`${LINK}/sub/`, { method: 'PROPFIND', headers: { Depth: '1' } });
  expect([...found.body.matchAll(/<D:href>([^<]*)</g)].map(([, href]) => href)).toEqual([
    `${LINK}/sub/`,
    `${LINK}/sub/deep/`,
  ]);
  const metalink = await ask(`${LINK}/sub/deep/other.txt.meta4`);
  expect(metalink.body).toContain(`<url>http://127.0.0.1:${port}${LINK}/sub/deep/other.txt</url>`);
});

test('a page of it says what it is', async () => {
  const { ask } = await sharing({ expires: Date.UTC(2030, 0, 2, 3, 4) });
  const { body, headers } = await ask(`${LINK}/`, { headers: BROWSER });
  expect(body).toContain(
    'Shared with you until <time datetime="2030-01-02T03:04:00.000Z">2030-01-02 03:04 UTC</time>',
  );
  expect(headers['referrer-policy']).toBe('no-referrer');
  expect(body).not.toContain('logout');
});

test('a browser is one use, each file without its cookie another, and what sends no bytes none', async () => {
  const { access, ask } = await sharing({ uses: 2 });
  const page = await ask(`${LINK}/`, { headers: BROWSER });
  expect(page.headers['set-cookie']).toEqual([
    expect.stringMatching(/^sealift-share=[\w-]{22}; Path=\/\.sealift\/share\/good; HttpOnly; SameSite=Lax$/),
  ]);
  const headers = { Cookie: page.cookie };
  expect((await ask(`${LINK}/sub/`, { headers: { ...BROWSER, ...headers } })).cookie).toBe('');
  for (const path of ['/', '/MD5SUMS', '/sub/deep/other.txt.meta4', '/.sealift/page/main.js'])
    await ask(LINK + path);
  await ask(`${LINK}/sub/deep/other.txt`, { method: 'HEAD' });
  await ask(`${LINK}/sub/deep/other.txt`, { method: 'PROPFIND' });
  expect(access.used).toEqual([]);
  const { headers: about } = await ask(`${LINK}/sub/deep/other.txt`, { headers });
  await ask(`${LINK}/sub/deep/b%20c.txt`, { headers });
  const has = { 'If-None-Match': about.etag as string };
  expect((await ask(`${LINK}/sub/deep/other.txt`, { headers: has })).status).toBe(304);
  expect(access.used).toEqual([page.cookie.slice('sealift-share='.length)]);
  expect((await ask(`${LINK}/sub/deep/other.txt`, { headers: { Cookie: 'sealift-share=x' } })).status).toBe(
    200,
  );
  const usedUp = await ask(`${LINK}/sub/deep/other.txt`);
  expect([usedUp.status, JSON.parse(usedUp.body).detail]).toEqual([403, 'this link has been used up']);
  expect((await ask(`${LINK}/sub/deep/other.txt`, { headers })).status).toBe(200);
});

test('a link that opens nothing is refused, without a challenge and without a way on', async () => {
  const { ask, records } = await sharing();
  const refusals: [string, number, string][] = [
    ['wrong', 401, 'this link is not one of this server'],
    ['old', 403, 'this link has expired'],
    // Somebody who decides may know nothing of links, and let in everybody.
    ['ignored', 401, 'this link is not one of this server'],
  ];
  for (const [capability, status, detail] of refusals) {
    for (const rest of ['', '/', '/a.txt', '/none', '/.sealift/page/page.css']) {
      const path = `/.sealift/share/${capability}${rest}`;
      const refused = await ask(path);
      expect([refused.status, JSON.parse(refused.body).detail], path).toEqual([status, detail]);
      expect(refused.headers['www-authenticate'] ?? '').not.toContain('Basic');
      const page = await ask(path, { headers: BROWSER });
      expect([page.status, page.body.includes(detail.slice(1))]).toEqual([status, true]);
      expect(page.body).not.toMatch(/<a |<form|share\//);
    }
  }
  expect(JSON.stringify(records)).not.toMatch(/wrong"|\/old|share/);
  // It is none of a token that came along.
  const headers = { Authorization: 'Bearer correct-horse-battery' };
  expect((await ask('/.sealift/share/wrong/a.txt', { headers })).status).toBe(401);
});

test('folders are told of right where much else stands around what is seen', async () => {
  const storage = tempFolder();
  for (let nth = 0; nth < 1_200; nth++) putFile(storage, `big/${String(nth).padStart(4, '0')}.txt`, 'x');
  putFile(storage, 'big/deep/only.txt', 'x');
  const store = await openStore(storage);
  const { port } = await serveAccess(new LinkAccess(store, { sees: (name) => name === 'big/deep/only.txt' }));
  const list = async (path: string) =>
    JSON.parse((await httpAsk(port, LINK + path, { headers: JSON_ })).body).entries?.map(
      ({ name }: { name: string }) => name,
    );
  expect(await list('/')).toEqual(['big']);
  expect(await list('/big/')).toEqual(['big/deep']);
  expect((await httpAsk(port, `${LINK}/big`)).status).toBe(301);
  expect((await httpAsk(port, `${LINK}/none/`, { headers: JSON_ })).status).toBe(404);
});
