import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { afterAll, expect, test } from 'vitest';
import { chromiumTest, closeBrowser, openPage } from '../helpers/chromium.js';
import { putFile } from '../helpers/files.js';
import { localServer } from '../helpers/in-process.js';
import { tempFolder } from '../helpers/temp-folder.js';

afterAll(closeBrowser);

async function served() {
  const storage = tempFolder();
  putFile(storage, 'hello.txt', 'hello');
  const { port } = await localServer(storage);
  return { base: `http://127.0.0.1:${port}`, port };
}

test('scripts and styles of the page are served as what they are, and nothing else of the package is', async () => {
  const { base, port } = await served();
  for (const [name, type] of [
    ['main.js', 'text/javascript; charset=utf-8'],
    ['page.css', 'text/css; charset=utf-8'],
    ['md5.umd.min.js', 'text/javascript; charset=utf-8'],
  ]) {
    const response = await fetch(`${base}/.sealift/page/${name}`);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, type]);
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect((await response.text()).length).toBeGreaterThan(10);
  }
  for (const name of [
    '',
    'none.js',
    'main.d.ts',
    '..%2findex.js',
    '%2e%2e/index.js',
    'main.js/',
    '../index.js',
    '../../package.json',
    'Main.js',
  ]) {
    // As it is written: fetch would resolve the dots.
    const path = `/.sealift/page/${name}`;
    const [response] = (await once(get({ port, path }), 'response')) as [IncomingMessage];
    response.resume();
    expect(response.statusCode, name).toBe(404);
  }
});

test('a browser keeps the drawings for a server that is gone, and asks about all else', async () => {
  const { base } = await served();
  const kept = async (name: string) =>
    (await fetch(`${base}/.sealift/page/${name}`)).headers.get('cache-control');
  expect(await kept('icons.svg')).toBe('private, max-age=3600');
  expect(await kept('main.js')).toBe('no-cache');
});

chromiumTest('a browser shows the folder', async () => {
  const { page, faults } = await openPage(`${(await served()).base}/`);
  expect(await page.getByRole('link').allTextContents()).toContain('hello.txt');
  expect(faults).toEqual([]);
});
