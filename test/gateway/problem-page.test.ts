import { expect, test } from 'vitest';
import { putFile } from '../helpers/files.js';
import { localServer } from '../helpers/in-process.js';
import { tempFolder } from '../helpers/temp-folder.js';

const BROWSER = { Accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' };

async function served() {
  const storage = tempFolder();
  putFile(storage, 'sub/a.txt', 'x');
  const { port } = await localServer(storage);
  return (path: string, headers: Record<string, string>) =>
    fetch(`http://127.0.0.1:${port}${path}`, { headers });
}

test('a browser that asks for what is not there gets a page with the way back, all others a problem document', async () => {
  const get = await served();
  for (const [path, back] of [
    ['/sub/nothing.txt', '/sub/'],
    ['/sub/no%20ne/', '/sub/'],
    ['/nothing.txt', '/'],
    ['/nothing/', '/'],
    ['/sub%2fa.txt', '/'],
    ['//other.example/x/', '/'],
  ] as const) {
    const page = await get(path, BROWSER);
    expect(page.status, path).toBe(404);
    expect(page.headers.get('content-type'), path).toBe('text/html; charset=utf-8');
    expect(page.headers.get('vary'), path).toBe('Accept');
    expect(await page.text(), path).toContain(`<a class="primary" href="${back}">`);
    for (const Accept of ['*/*', 'application/json']) {
      const document = await get(path, { Accept });
      expect(document.status, path).toBe(404);
      expect(document.headers.get('content-type'), path).toBe('application/problem+json');
      expect(document.headers.get('vary'), path).toBe('Accept');
      expect(await document.json(), path).toMatchObject({ status: 404, code: 'NOT_FOUND' });
    }
  }
});

test('nothing in a name that is asked for is markup, and nothing of the page can run', async () => {
  const get = await served();
  const page = await get('/%3Cscript%3Ealert(1)%3C%2Fscript%3E/%22onx=%3Cb%3E/x', BROWSER);
  expect(page.headers.get('content-security-policy')).toMatch(
    /^default-src 'none'; style-src 'self'; img-src/,
  );
  for (const path of ['/%3Cscript%3Ealert(1)/%22onx=%3Cb%3E/x', '/%3Cimg%20src=x%3E']) {
    const text = await (await get(path, BROWSER)).text();
    expect(text, path).not.toMatch(/<script|<b>|<img|"onx/);
  }
});

test('a part of a file that is not there is refused with its status on the page too', async () => {
  const get = await served();
  const page = await get('/sub/a.txt', { ...BROWSER, Range: 'bytes=9-' });
  expect(page.status).toBe(416);
  expect(await page.text()).toContain('<a class="primary" href="/sub/">');
});
