import { afterAll, expect } from 'vitest';
import { chromiumTest, closeBrowser } from '../helpers/chromium.js';
import { md5, putFile } from '../helpers/files.js';
import { namesIn, openFolder } from '../helpers/folder-page.js';

afterAll(closeBrowser);

const FILES = {
  'file 10.txt': 'ten'.repeat(700),
  'file 2.txt': 'two',
  'Sound.wav': 'x'.repeat(50),
  'sub/deep/a b#?%.txt': 'deep',
  'bad.bin': 'rotten',
};

chromiumTest('a folder: what is in it, in order, with its facts, and nothing asked of others', async () => {
  const { page, faults, base } = await openFolder(FILES, { rotten: ['bad.bin'] });
  const hosts = new Set<string>();
  page.on('request', (request) => hosts.add(new URL(request.url()).origin));
  await page.reload();
  await page.locator('[data-scripted]').waitFor({ state: 'attached' });
  expect(await namesIn(page)).toEqual(['sub', 'bad.bin', 'file 2.txt', 'file 10.txt', 'Sound.wav']);
  expect(await page.title()).toBe('Sealift');
  expect(await page.locator('#summary').textContent()).toBe('1 folder, 4 files · 2.16 kB');
  const row = page.getByRole('row').filter({ hasText: 'file 10.txt' });
  const cells = await row.getByRole('cell').allTextContents();
  expect(cells.slice(2, 4)).toEqual(['2.10 kB', 'Text']);
  expect(cells[5]).toBe(md5(FILES['file 10.txt']).slice(0, 8));
  expect(await row.getByTitle('2,100 bytes').count()).toBe(1);
  expect(await row.locator('time').getAttribute('datetime')).toBe('2026-01-02T03:04:05.678Z');
  expect(await row.getByRole('link').getAttribute('href')).toBe('/file%2010.txt');
  // Found damaged: said so, and neither link nor button.
  const damaged = page.getByRole('row').filter({ hasText: 'bad.bin' });
  expect(await damaged.getByText('damaged').count()).toBe(1);
  expect(await damaged.locator('a, button, input').count()).toBe(0);
  expect([...hosts]).toEqual([base]);
  expect(faults).toEqual([]);
});

chromiumTest('folders are opened, and left by breadcrumbs', async () => {
  const { page, faults, base } = await openFolder(FILES);
  await page.getByRole('link', { name: 'sub' }).click();
  await page.getByRole('link', { name: 'deep' }).click();
  await page.waitForURL(`${base}/sub/deep/`);
  expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('deep');
  expect(await namesIn(page)).toEqual(['a b#?%.txt']);
  const crumbs = page.getByRole('navigation', { name: 'Breadcrumbs' });
  expect(await crumbs.getByRole('listitem').allTextContents()).toEqual(['All files', 'sub', 'deep']);
  await crumbs.getByRole('link', { name: 'sub' }).click();
  await page.waitForURL(`${base}/sub/`);
  expect(faults).toEqual([]);
});

chromiumTest('sorted by each column, both ways, and told so', async () => {
  const { page } = await openFolder(FILES);
  const sort = (name: string) => page.getByRole('columnheader', { name }).getByRole('button').click();
  const sorted = (name: string) => page.getByRole('columnheader', { name }).getAttribute('aria-sort');
  expect(await sorted('Name')).toBe('ascending');
  await sort('Name');
  expect(await sorted('Name')).toBe('descending');
  expect(await namesIn(page)).toEqual(['sub', 'Sound.wav', 'file 10.txt', 'file 2.txt', 'bad.bin']);
  await sort('Size');
  expect([await sorted('Size'), await sorted('Name')]).toEqual(['descending', null]);
  expect(await namesIn(page)).toEqual(['sub', 'file 10.txt', 'Sound.wav', 'bad.bin', 'file 2.txt']);
  await sort('Size');
  expect(await namesIn(page)).toEqual(['sub', 'file 2.txt', 'bad.bin', 'Sound.wav', 'file 10.txt']);
  await sort('Type');
  expect((await namesIn(page))[1]).toBe('Sound.wav');
});

chromiumTest('an MD5 is copied with a click, also where the clipboard is closed', async () => {
  const { page, base } = await openFolder(FILES, { permissions: ['clipboard-read', 'clipboard-write'] });
  const copied = () => page.evaluate('navigator.clipboard.readText()');
  await page.getByRole('button', { name: 'Copy the MD5 of file 2.txt' }).click();
  await page.getByText('Copied', { exact: true }).waitFor({ state: 'attached' });
  expect(await copied()).toBe(md5('two'));
  // As over a network without encryption.
  await page.evaluate('navigator.clipboard.writeText = undefined');
  await page.getByRole('button', { name: 'Copy the MD5 of file 10.txt' }).click();
  await page.locator('#status').getByText('Copied').waitFor({ state: 'attached' });
  expect(await copied()).toBe(md5(FILES['file 10.txt']));
  expect(page.url()).toBe(`${base}/`);
});

chromiumTest(
  'case 90: names that are markup or quotes do nothing, and one that would turn the text around is no name',
  async () => {
    const names = [
      '<img src=x onerror=alert(1)>.txt',
      `"'><script>alert(1)<`,
      'javascript:alert(1)',
      'Ünïcödé 文件 🎈.txt',
      '%2e%2e',
      'a?b#c&d=e.txt',
    ];
    const { page, faults, base } = await openFolder(
      Object.fromEntries([...names, 'photo\u202egpj.exe'].map((name) => [name, name])),
    );
    page.on('dialog', (dialog) => faults.push(dialog.message()));
    const shown = await namesIn(page);
    expect(new Set(shown)).toEqual(new Set(names));
    expect(await page.locator('main img, main script').count()).toBe(0);
    for (const link of await page.locator('#files .link').all()) {
      const href = await link.evaluate((a) => (a as unknown as { href: string }).href);
      expect(new URL(href).origin).toBe(base);
      expect(names).toContain(await (await fetch(href)).text());
    }
    expect(faults).toEqual([]);
  },
);

chromiumTest('a file that was not hashed yet shows its MD5 as soon as it is', async () => {
  const { page, storage, base } = await openFolder(FILES);
  putFile(storage, 'new.txt', 'new');
  // The page is told later than the server knows: how long hashing takes is no matter here.
  await (await fetch(`${base}/MD5SUMS`)).text();
  await page.route(
    (url) => url.pathname === '/',
    async (route) => {
      const response = await route.fetch();
      const body = await response.text();
      const isPage = route.request().isNavigationRequest();
      await route.fulfill({
        response,
        body: isPage
          ? body.replaceAll(/&quot;md5&quot;:&quot;\w+/g, '&quot;md5&quot;:null,&quot;was&quot;:&quot;')
          : body,
      });
    },
  );
  await page.reload();
  await page.getByText('hashing…').first().waitFor();
  await page.getByRole('button', { name: 'Copy the MD5 of new.txt' }).waitFor();
  expect(await page.getByText('hashing…').count()).toBe(0);
});

chromiumTest('a folder of many: rows are made as one scrolls, and sorting knows all of them', async () => {
  const many = Object.fromEntries(Array.from({ length: 2_345 }, (_, nth) => [`f${nth}`, 'x']));
  const { page, faults } = await openFolder(many);
  await page.getByText('2,345 files').waitFor();
  const count = () => page.locator('#files tbody tr').count();
  expect(await count()).toBeLessThan(1_000);
  await page.getByRole('columnheader', { name: 'Name' }).getByRole('button').click();
  expect((await namesIn(page)).slice(0, 2)).toEqual(['f2344', 'f2343']);
  const before = await count();
  await page.keyboard.press('End');
  await expect.poll(count).toBeGreaterThan(before);
  expect(await page.locator('#files').getAttribute('aria-rowcount')).toBe('2346');
  expect(faults).toEqual([]);
});

chromiumTest('an empty storage, and a server that is gone, are said so', async () => {
  const { page, server } = await openFolder({});
  await page.getByText('Nothing here yet').waitFor();
  server.abort();
  await server.close();
  await page.getByRole('searchbox').fill('x');
  await page.getByRole('alert').getByText('The server does not answer').waitFor();
  await page.getByRole('button', { name: 'Try again' }).waitFor();
});

chromiumTest('a search in what is listed already goes on when the server is gone', async () => {
  const { page, server } = await openFolder(FILES);
  server.abort();
  await server.close();
  await page.getByRole('searchbox').fill('file 10');
  await page.getByRole('alert').getByText('The server does not answer').waitFor();
  expect(await namesIn(page)).toEqual(['file 10.txt']);
});

chromiumTest('a long search and a narrow screen: nothing is wider than the page', async () => {
  const name = `${'x'.repeat(200)}.txt`;
  const viewport = { width: 285, height: 568 };
  const files = { [name]: 'x'.repeat(123_456) };
  const { page, base } = await openFolder(files, { viewport });
  const fits = 'document.documentElement.scrollWidth <= document.documentElement.clientWidth';
  expect(await page.evaluate(fits)).toBe(true);
  const { openPage } = await import('../helpers/chromium.js');
  const { page: plain } = await openPage(base, { javaScriptEnabled: false });
  const box = await plain.locator('td.name a').boundingBox();
  expect(box?.width).toBeLessThan(700);
  await page.getByRole('searchbox').fill('y'.repeat(250));
  await page.getByText('Nothing found for').waitFor();
  expect(await page.evaluate(fits)).toBe(true);
  expect(await page.locator('#summary').textContent()).toBe(`0 files found for “${'y'.repeat(60)}…”`);
});

chromiumTest('without scripts: links, breadcrumbs and the search work', async () => {
  const { openPage } = await import('../helpers/chromium.js');
  const { base } = await openFolder(FILES);
  const { page, faults } = await openPage(`${base}/sub/deep/`, { javaScriptEnabled: false });
  expect(await namesOf(page)).toEqual(['a b#?%.txt']);
  await page.getByRole('link', { name: 'All files' }).click();
  await page.getByRole('searchbox').fill('deep');
  await page.getByRole('searchbox').press('Enter');
  await page.waitForURL(`${base}/?search=deep`);
  expect(await namesOf(page)).toEqual(['sub/deep/a b#?%.txt']);
  expect(faults).toEqual([]);
});

const namesOf = (page: Awaited<ReturnType<typeof openFolder>>['page']) =>
  page.locator('#files tbody a').allTextContents();
