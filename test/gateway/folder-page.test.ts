import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { putFile } from '../helpers/files.js';
import { localServer } from '../helpers/in-process.js';
import { tempFolder } from '../helpers/temp-folder.js';

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

async function served(
  names: string[] = ['hello.txt', 'sub/Report 1.txt', 'sub/deep/report 2.txt', 'other/REPORT'],
) {
  const storage = tempFolder();
  for (const name of names) putFile(storage, name, 'x');
  const { port } = await localServer(storage);
  const get = (path: string, accept: string) =>
    fetch(`http://127.0.0.1:${port}${path}`, { headers: { Accept: accept } });
  const find = async (path: string) => {
    const { entries, next } = JSON.parse(await (await get(path, 'application/json')).text());
    return { names: entries.map(({ name }: { name: string }) => name), next };
  };
  return { storage, get, find };
}

test('a folder is the page for browsers, JSON for programs, and links without scripts for all others', async () => {
  const { get } = await served();
  const types: Record<string, [string, boolean]> = {
    [BROWSER]: ['text/html; charset=utf-8', true],
    'text/html, application/json': ['text/html; charset=utf-8', true],
    'application/json': ['application/json', false],
    'application/json, */*': ['application/json', false],
    '*/*': ['text/html; charset=utf-8', false],
    'text/plain': ['text/html; charset=utf-8', false],
  };
  for (const [accept, [type, hasScript]] of Object.entries(types)) {
    const response = await get('/', accept);
    expect(response.headers.get('content-type'), accept).toBe(type);
    expect(response.headers.get('vary'), accept).toBe('Accept');
    expect((await response.text()).includes('<script'), accept).toBe(hasScript);
  }
});

test('the page runs its own script alone, by a number used once', async () => {
  const { get } = await served();
  const nonces = new Set<string>();
  for (let nth = 0; nth < 3; nth++) {
    const response = await get('/', BROWSER);
    const policy = response.headers.get('content-security-policy') ?? '';
    const [, nonce = ''] = /script-src 'nonce-([\w+/=]{24})' 'strict-dynamic'/.exec(policy) ?? [];
    expect(policy).toMatch(/^default-src 'none'/);
    expect(policy).not.toMatch(/unsafe-inline|unsafe-eval|\*|https?:/);
    for (const rule of ["base-uri 'none'", "frame-ancestors 'none'", "form-action 'self'"]) {
      expect(policy).toContain(rule);
    }
    const page = await response.text();
    expect(page.match(/<script[^>]*>/g)).toEqual([
      `<script type="module" nonce="${nonce}" src="/.sealift/page/main.js">`,
    ]);
    expect(page).not.toMatch(/ style=| on\w+=/);
    nonces.add(nonce);
  }
  expect(nonces.size).toBe(3);
});

test('the page without its script: a table of links, breadcrumbs, and the next page', async () => {
  const { storage, get } = await served();
  for (let nth = 0; nth < 1_500; nth++) writeFileSync(join(storage, `sub/deep/f${nth}`), '');
  const page = await (await get('/sub/deep/', BROWSER)).text();
  expect(page).toContain('<li><a href="/">All files</a></li><li><a href="/sub/"><bdi>sub</bdi></a></li>');
  expect(page.match(/<a href="\.\/f\d+">/g)).toHaveLength(1_000);
  const [, next = ''] = /<a rel="next" href="([^"]*)"/.exec(page) ?? [];
  const rest = await (await get(next.replaceAll('&amp;', '&'), BROWSER)).text();
  expect(rest.match(/<a href="\.\/f\d+">/g)).toHaveLength(500);
  expect(rest).toContain('<a href="./report%202.txt">');
  expect(rest).not.toContain('rel="next"');
  expect((await get('/nothing/', BROWSER)).status).toBe(404);
});

test('sizes without scripts have three digits', async () => {
  const { storage, get } = await served([]);
  for (const size of [999, 1_000, 999_499, 999_900]) putFile(storage, `f${size}`, Buffer.alloc(size));
  const page = await (await get('/', BROWSER)).text();
  const sizes = [...page.matchAll(/<span title="\d+ bytes">([^<]*)</g)].map(([, text]) => text);
  expect(sizes).toEqual(['1.00 kB', '999 B', '999 kB', '1.00 MB']);
});

test('a search finds files by what their name has from the folder on, in all folders below', async () => {
  const { get, find } = await served();
  expect((await find('/?search=report')).names).toEqual([
    'other/REPORT',
    'sub/Report 1.txt',
    'sub/deep/report 2.txt',
  ]);
  expect((await find('/sub/?search=report')).names).toEqual(['sub/Report 1.txt', 'sub/deep/report 2.txt']);
  // The folder's own name is none of what is below it.
  expect((await find('/sub/?search=sub')).names).toEqual([]);
  expect((await find('/?search=deep/rep')).names).toEqual(['sub/deep/report 2.txt']);
  expect((await find('/?search=.*')).names).toEqual([]);
  expect((await find('/sub/?search=')).names).toEqual(['sub/Report 1.txt', 'sub/deep/report 2.txt']);
  const first = await find('/?search=REPORT&limit=2');
  expect(first.names).toHaveLength(2);
  expect(await find(`/?search=REPORT&after=${encodeURIComponent(first.next)}`)).toEqual({
    names: ['sub/deep/report 2.txt'],
    next: null,
  });
  expect((await get('/nothing/?search=x', 'application/json')).status).toBe(404);
  expect((await get(`/?search=${'x'.repeat(256)}`, 'application/json')).status).toBe(400);
});

test('a search works without scripts too, and an empty one shows the folder', async () => {
  const { get } = await served();
  const found = await (await get('/?search=REPORT', BROWSER)).text();
  expect(found).toContain('<a href="./sub/deep/report%202.txt"><bdi>sub/deep/report 2.txt</bdi></a>');
  expect(found).toContain('3 files found');
  expect(found).toContain('value="REPORT"');
  expect(await (await get('/?search=nowhere', BROWSER)).text()).toContain('has “nowhere” in its name');
  expect(await (await get('/?search=', BROWSER)).text()).toContain('<a href="./hello.txt">');
});

test('case 90: nothing in a name or a search is markup', async () => {
  const name = `"'><img src=x onerror=alert(1)>`;
  const { get } = await served([`${name}/${name}.txt`]);
  for (const path of ['/', `/${encodeURIComponent(name)}/`, `/?search=${encodeURIComponent(name)}`]) {
    const page = await (await get(path, BROWSER)).text();
    expect(page, path).toContain('&lt;img src=x');
    expect(page, path).not.toContain('<img');
  }
});
