// Takes the pictures of the page in this folder from the built program: npm run build && node docs/page/take-screenshots.js
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { makeStorage } from './make-storage.js';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const DESKTOP = { width: 1180, height: 800 };
const PHONE = { width: 390, height: 844 };

const storage = mkdtempSync(join(tmpdir(), 'sealift-page-'));
const fonts = mkdtempSync(join(tmpdir(), 'sealift-fonts-'));
// What `system-ui` means where there is no desktop that says so.
writeFileSync(
  join(fonts, 'fonts.conf'),
  `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig><include>/etc/fonts/fonts.conf</include>
<match target="pattern"><test qual="any" name="family"><string>DejaVu Sans</string></test>
<edit name="family" mode="prepend" binding="strong"><string>Inter</string><string>Noto Sans</string><string>Noto Sans CJK JP</string></edit></match></fontconfig>`,
);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--hide-scrollbars'],
  env: { ...process.env, FONTCONFIG_FILE: join(fonts, 'fonts.conf') },
});
/** @type {import('node:child_process').ChildProcess | undefined} */
let server;
try {
  const studio = await browser.newPage();
  const { rotten } = await makeStorage(storage, studio);
  await studio.close();
  server = spawn(process.execPath, [MAIN, 'serve', storage, '--port', '0', '--json', '--log', 'off'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(/** @type {import('node:stream').Readable} */ (server.stdout), 'data');
  const base = `http://127.0.0.1:${JSON.parse(String(line)).port}`;
  await damage(base, rotten);

  await take('light', base, {}, async () => {});
  await take('dark', base, { colorScheme: 'dark' }, async (page) => {
    for (const name of ['Harbour at dusk.jpg', 'Releases', 'tide-tables.csv']) {
      await page.getByLabel(`Select ${name}`).check();
    }
    await page.getByText('counting…').waitFor({ state: 'detached' });
  });
  await take('search', base, {}, async (page) => {
    await page.getByRole('searchbox').fill('harbour');
    await page.getByText('harbour 12.jpg').waitFor();
    await page.getByText('looking…').waitFor({ state: 'detached' });
  });
  await take('preview', base, {}, async (page) => {
    await page.getByRole('link', { name: 'Harbour at dusk.jpg' }).click();
    await page.getByText('Verified', { exact: true }).waitFor();
  });
  await take(
    'phone',
    base,
    { viewport: PHONE, deviceScaleFactor: 2, hasTouch: true, isMobile: true },
    async () => {},
  );
  await take(
    'phone-preview',
    base,
    { viewport: PHONE, deviceScaleFactor: 2, colorScheme: 'dark' },
    async (page) => {
      await page.getByRole('link', { name: 'Notes on the new quay.md' }).click();
      await page.getByText('Verified', { exact: true }).waitFor();
    },
  );
  const damaging = await damagingFront(base, 'tide-tables.csv');
  await take('rejection', damaging.base, { viewport: { width: 1180, height: 860 } }, async (page) => {
    // There is nobody to choose a folder for what is saved.
    await page.evaluate(() => {
      for (const picker of ['showSaveFilePicker', 'showDirectoryPicker'])
        Reflect.deleteProperty(globalThis, picker);
    });
    for (const name of ['Notes on the new quay.md', 'tide-tables.csv', 'Harbour at dusk.jpg']) {
      await page.getByLabel(`Download verified: ${name}`).click();
    }
    await page.getByText('2 verified, 1 rejected').waitFor();
    await page.evaluate(() => scrollTo(0, 0));
  });
  damaging.close();
} finally {
  server?.kill();
  await browser.close();
  for (const folder of [storage, fonts]) rmSync(folder, { recursive: true, force: true });
}

/**
 * @param {string} name
 * @param {string} url
 * @param {import('playwright-core').BrowserContextOptions} options
 * @param {(page: import('playwright-core').Page) => Promise<void>} prepare
 */
async function take(name, url, options, prepare) {
  const context = await browser.newContext({ viewport: DESKTOP, reducedMotion: 'reduce', ...options });
  const page = await context.newPage();
  await page.goto(url);
  await page.locator('[data-scripted]').waitFor();
  await prepare(page);
  await page.waitForLoadState('networkidle');
  const path = join(HERE, `${name}.png`);
  await page.screenshot({ path });
  console.log(`${name}.png ${Math.round(statSync(path).size / 1_000)} kB`);
  await context.close();
}

/**
 * Passes everything on, but one file with a bit of it flipped.
 * @param {string} base
 * @param {string} name
 */
async function damagingFront(base, name) {
  const front = createServer((asked, answer) => {
    const passedOn = request(new URL(asked.url ?? '/', base), {
      method: asked.method,
      headers: asked.headers,
    });
    passedOn.on('response', (response) => {
      answer.writeHead(response.statusCode ?? 500, response.headers);
      let isNext = asked.url === `/${encodeURIComponent(name)}`;
      response.on('data', (/** @type {Buffer} */ piece) => {
        if (isNext) piece[0] = (piece[0] ?? 0) ^ 1;
        isNext = false;
        answer.write(piece);
      });
      response.on('end', () => answer.end());
    });
    passedOn.end();
  });
  front.listen(0, '127.0.0.1');
  await once(front, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (front.address());
  const close = () => front.close().closeAllConnections();
  return { base: `http://127.0.0.1:${port}`, close };
}

/**
 * Waits until everything is hashed, then changes a file as a failing disk would, and has the server find it.
 * @param {string} base
 * @param {string} name
 */
async function damage(base, name) {
  await (await fetch(`${base}/MD5SUMS`)).text();
  const path = join(storage, name);
  const { atime, mtime } = statSync(path);
  const bytes = readFileSync(path);
  bytes[1_000] = (bytes[1_000] ?? 0) ^ 1;
  writeFileSync(path, bytes);
  utimesSync(path, atime, mtime);
  await fetch(`${base}/${encodeURIComponent(name)}`);
}
