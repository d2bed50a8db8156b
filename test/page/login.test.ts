import { readFileSync } from 'node:fs';
import axe from 'axe-core';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, expect, onTestFinished } from 'vitest';
import { connect } from '#sealift/index.js';
import { issue } from '../helpers/certificates.js';
import { chromiumTest, closeBrowser, openPage } from '../helpers/chromium.js';
import { putFile } from '../helpers/files.js';
import { namesIn } from '../helpers/folder-page.js';
import { localServer } from '../helpers/in-process.js';
import { LinkAccess, serveAccess } from '../helpers/serve-access.js';
import { md5Of, openStore } from '../helpers/store.js';
import { tempFolder } from '../helpers/temp-folder.js';

afterAll(closeBrowser);

const TOKEN = 'correct-horse-battery';
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
const FILES = { 'a.txt': 'one', 'sub/b.txt': 'two', 'sub/deep/c.txt': 'three' };

function storageOf(): string {
  const storage = tempFolder();
  for (const [name, content] of Object.entries(FILES)) putFile(storage, name, content);
  return storage;
}

async function closedPage(path: string, options: BrowserContextOptions = {}, host = '127.0.0.1') {
  const limits = { wrongTokenDelay: 200, wrongTokenDelayMax: 200 };
  const server = await localServer(storageOf(), { tokens: [TOKEN], limits });
  const base = `http://${host}:${server.port}`;
  const authorization = { Authorization: `Bearer ${TOKEN}` };
  await (await fetch(`${base}/MD5SUMS`, { headers: authorization })).text();
  return { server, base, ...(await openPage(base + path, options)) };
}

async function violations(page: Page): Promise<unknown> {
  return page.evaluate(`(async () => {
    if (!globalThis.axe) { ${axe.source} }
    const { violations } = await axe.run(document);
    return violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html.slice(0, 200))]);
  })()`);
}

const isScripted = (page: Page) => page.locator('[data-scripted]').waitFor({ state: 'attached' });
const withoutPickers = (page: Page) =>
  page.evaluate('delete window.showSaveFilePicker; delete window.showDirectoryPicker;');

/** Verifies and saves a file, the so-manieth on this page, and looks at what was saved. */
async function downloadOf(page: Page, name: string, nth = 1): Promise<string> {
  await withoutPickers(page);
  const saved = page.waitForEvent('download');
  await page.getByRole('button', { name: `Download verified: ${name}` }).click();
  const content = readFileSync(await (await saved).path(), 'utf8');
  await page.getByRole('status').getByText(`${nth} verified`).waitFor();
  return content;
}

chromiumTest('by the form: a wrong token, the right one, all that the page does, and out again', async () => {
  const { page, faults, base, server } = await closedPage('/sub/?search=b');
  expect(await page.title()).toBe('Log in – Sealift');
  const field = page.getByLabel('Token');
  expect(await page.evaluate('document.activeElement.id')).toBe('token');
  await page.keyboard.type('wrong');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').getByText('That token is not right').waitFor();
  expect(await field.inputValue()).toBe('');
  expect(page.url()).toBe(`${base}/.sealift/login`);
  // The next one is looked at a moment later.
  await field.fill(TOKEN);
  await page.getByRole('button', { name: 'Log in' }).click();
  await isScripted(page);
  expect(page.url()).toBe(`${base}/sub/?search=b`);
  expect(await namesIn(page)).toEqual(['b.txt']);
  expect(await page.evaluate('document.cookie')).toBe('');
  const [cookie] = await page.context().cookies();
  expect(cookie).toMatchObject({
    httpOnly: true,
    sameSite: 'Strict',
    path: '/',
    name: `sealift-${server.port}`,
  });
  await page.getByRole('searchbox').fill('');
  await page.getByRole('link', { name: 'deep' }).waitFor();
  await page.getByRole('link', { name: 'b.txt' }).click();
  await page.getByRole('dialog').getByText('two').waitFor();
  await page.getByRole('dialog').getByText('Verified', { exact: true }).first().waitFor();
  await page.keyboard.press('Escape');
  expect(await downloadOf(page, 'b.txt')).toBe('two');
  expect(await violations(page)).toEqual([]);
  await page.getByRole('button', { name: 'Log out' }).click();
  await page.getByLabel('Token').waitFor();
  expect(await page.context().cookies()).toEqual([]);
  await page.goBack();
  await page.getByLabel('Token').waitFor();
  // Only the answers 401, which Chromium tells of.
  expect(faults.filter((fault) => !/401 \(Unauthorized\)/.test(fault))).toEqual([]);
});

chromiumTest('who is not logged in any more is told so, and asked by no window of the browser', async () => {
  const { page } = await closedPage('/');
  await page.getByLabel('Token').fill(TOKEN);
  await page.keyboard.press('Enter');
  await isScripted(page);
  await page.context().clearCookies();
  await page.getByRole('searchbox').fill('c.txt');
  await page.getByText('You are not logged in any more.').waitFor();
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByLabel('Token').waitFor();
});

for (const colorScheme of ['light', 'dark'] as const) {
  chromiumTest(`axe-core finds nothing wrong with the form, ${colorScheme}, on a phone too`, async () => {
    const { page } = await closedPage('/', { colorScheme, ...(colorScheme === 'dark' ? PHONE : {}) });
    expect(await violations(page)).toEqual([]);
    await page.getByLabel('Token').fill('wrong');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').waitFor();
    expect(await violations(page)).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
  });
}

chromiumTest(
  'a link: pages, previews and verified downloads below it, as one use, and nothing above',
  async () => {
    const store = await openStore(storageOf());
    for (const name of Object.keys(FILES)) await md5Of(store, name);
    const access = new LinkAccess(store, { sees: (name) => name.startsWith('sub/'), uses: 1 }, [TOKEN]);
    const { port } = await serveAccess(access);
    const base = `http://127.0.0.1:${port}/.sealift/share/good`;
    const { page, faults } = await openPage(`${base}/`);
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    await isScripted(page);
    expect(await page.getByText('Shared with you').isVisible()).toBe(true);
    expect(await namesIn(page)).toEqual(['sub']);
    await page.getByRole('link', { name: 'sub' }).click();
    await page.waitForURL(`${base}/sub/`);
    await isScripted(page);
    await page.getByRole('link', { name: 'b.txt' }).click();
    await page.getByRole('dialog').getByText('two').waitFor();
    await page.keyboard.press('Escape');
    expect(await downloadOf(page, 'b.txt')).toBe('two');
    await page.getByRole('searchbox').fill('c.txt');
    await page.getByRole('link', { name: 'c.txt' }).waitFor();
    expect(await page.getByRole('link', { name: 'deep' }).getAttribute('href')).toBe(
      '/.sealift/share/good/sub/deep/',
    );
    const sums = await page.getByRole('link', { name: 'MD5SUMS' }).getAttribute('href');
    expect(sums).toBe('/.sealift/share/good/sub/MD5SUMS');
    for (const url of asked) expect(url.startsWith(`${base}/`) || url.startsWith('blob:'), url).toBe(true);
    expect(access.used).toHaveLength(1);
    expect(faults).toEqual([]);
    await page.goto(`http://127.0.0.1:${port}/.sealift/share/old/`);
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('This link opens nothing');
    expect(await page.getByText('This link has expired.').isVisible()).toBe(true);
    expect(await violations(page)).toEqual([]);
  },
);

chromiumTest('a link that was made, over HTTPS: for one browser, until it is revoked', async () => {
  const tls = issue('alone', { names: ['127.0.0.1'] });
  const { port, fingerprint } = await localServer(storageOf(), { tokens: [TOKEN], tls });
  const owner = await connect(`sealifts://127.0.0.1:${port}#sha256:${fingerprint}`, { token: TOKEN });
  onTestFinished(() => owner.close());
  await owner.stat('sub/b.txt');
  const { link, id } = await owner.share({ name: 'sub', uses: 1 });
  const ignoringErrors = { ignoreHTTPSErrors: true };

  const { page, faults } = await openPage(link, ignoringErrors);
  await isScripted(page);
  expect(await namesIn(page)).toEqual(['sub']);
  await page.getByRole('link', { name: 'sub' }).click();
  await page.waitForURL('**/sub/**');
  await isScripted(page);
  expect(await downloadOf(page, 'b.txt')).toBe('two');
  expect(await downloadOf(page, 'b.txt', 2)).toBe('two');
  const [cookie] = await page.context().cookies();
  expect(cookie).toMatchObject({ httpOnly: true, secure: true, path: new URL(link).pathname.slice(0, -1) });
  expect(faults).toEqual([]);

  // Another browser, and another client, come too late.
  const late = await openPage(link, ignoringErrors);
  await late.page.getByText(/used up/).waitFor();
  await expect(connect(link)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  await owner.revoke(id);
  await page.reload();
  await page.getByText(/revoked/).waitFor();
});
