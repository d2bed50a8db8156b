import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { afterAll, expect, onTestFinished } from 'vitest';
import { connect } from '#sealift/index.js';
import { chromiumTest, closeBrowser } from '../../helpers/chromium.js';
import { CHUNK, md5, putFile, rot, someBytes } from '../../helpers/files.js';
import { browserPage, bytesOf } from './browser-page.js';
import type { Trick } from './chaos-front.js';

afterAll(closeBrowser);

const LARGE = someBytes(5 * 1_000_000, 7);

const itemOf = (page: Page, name: string) => page.getByRole('listitem').filter({ hasText: name });
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

/** Waits until an item says this. */
async function says(page: Page, name: string, text: string | RegExp): Promise<void> {
  await itemOf(page, name).getByText(text).first().waitFor();
}

/** One byte of each file is another one. */
const flip: Trick = ({ body }) => {
  const flipped = Buffer.from(body);
  flipped.writeUInt8(flipped.readUInt8(0) ^ 1, 0);
  return { body: flipped };
};

chromiumTest('what is verified in memory is given to the disk, byte for byte', async () => {
  const files = { 'large.bin': LARGE, empty: '', 'sub/three chunks é.bin': someBytes(2 * CHUNK + 9, 4) };
  const { page, given, faults, call, listed } = await browserPage(files);
  for (const [name, content] of Object.entries(files)) {
    const event = page.waitForEvent('download');
    await call('add', listed(name));
    const download = await event;
    await says(page, name, `Verified · MD5 ${md5(content)}`);
    expect(download.suggestedFilename()).toBe(name.split('/').at(-1));
    expect((await bytesOf(download)).equals(Buffer.from(content))).toBe(true);
  }
  expect(given).toHaveLength(3);
  await page.getByRole('status').getByText('3 verified').waitFor();
  expect(faults).toEqual([]);
});

chromiumTest('a file that was picked is written, and has its bytes only then', async () => {
  const { page, given, faults, call, listed } = await browserPage(
    { 'a/large.bin': LARGE },
    { pickers: true },
  );
  await call('add', listed('a/large.bin'));
  await says(page, 'large.bin', `Verified · MD5 ${md5(LARGE)}`);
  expect(await call('stored')).toEqual({ 'large.bin': LARGE.length });
  expect(await call('digestOf', 'large.bin')).toBe(sha256(LARGE));
  expect([given, faults]).toEqual([[], []]);
});

chromiumTest('files of a picked folder keep their folders, and replace nothing', async () => {
  const files = { 'a/b/c.txt': 'first', 'a/d.txt': 'second', 'a/e.bin': LARGE };
  const { page, call, listed } = await browserPage(files, { pickers: true });
  await call('add', listed(...Object.keys(files)));
  await page.getByText('3 verified').waitFor();
  const once = { 'b/c.txt': 5, 'd.txt': 6, 'e.bin': LARGE.length };
  expect(await call('stored')).toEqual(once);
  expect(await call('digestOf', 'e.bin')).toBe(sha256(LARGE));
  await call('add', listed('a/d.txt', 'a/e.bin'));
  await page.getByText('5 verified').waitFor();
  expect(await call('stored')).toEqual({ ...once, 'd (1).txt': 6, 'e (1).bin': LARGE.length });
  await says(page, 'Saved as d (1).txt', 'Verified');
});

chromiumTest(
  'where a browser cannot rename, the file is empty until it is verified, and gone if it is not',
  async () => {
    const trick: Trick = (passage) => (passage.path === '/bad.bin' ? flip(passage) : undefined);
    const files = { 'good.bin': LARGE, 'bad.bin': LARGE };
    const { page, call, listed } = await browserPage(files, { pickers: true, trick, canRename: false });
    await call('add', listed('good.bin', 'bad.bin'));
    await page.getByText('1 verified, 1 rejected').waitFor();
    expect(await call('stored')).toEqual({ 'good.bin': LARGE.length });
    expect(await call('digestOf', 'good.bin')).toBe(sha256(LARGE));
  },
);

chromiumTest('a damaged file is rejected with both digests, and nothing of it is kept', async () => {
  for (const pickers of [false, true]) {
    const files = { 'a.bin': LARGE, 'b.bin': 'short' };
    const { page, given, faults, call, listed } = await browserPage(files, { pickers, trick: flip });
    await call('add', listed('a.bin'));
    await call('add', listed('a.bin', 'b.bin'));
    await page.getByText('3 rejected').waitFor();
    const item = itemOf(page, 'a.bin').first();
    expect(await item.getByText('Rejected – nothing was saved').count()).toBe(1);
    const flipped = Buffer.from(LARGE);
    flipped.writeUInt8(flipped.readUInt8(0) ^ 1, 0);
    expect(await item.getByRole('definition').allTextContents()).toEqual([md5(LARGE), md5(flipped)]);
    expect(await page.getByRole('alert').textContent()).toContain('Rejected – nothing was saved');
    expect(await call('stored')).toEqual({});
    expect([given, faults]).toEqual([[], []]);
  }
});

chromiumTest('a connection that breaks in mid-body goes on where it was', async () => {
  const trick: Trick = ({ nth, body }) =>
    nth === 0 ? { body: body.subarray(0, 2_000_000), hangs: true } : undefined;
  const { page, front, call, listed } = await browserPage({ 'a.bin': LARGE }, { trick, pickers: true });
  await call('add', listed('a.bin'));
  await says(page, 'a.bin', '2.00 MB of 5.00 MB');
  front.drop();
  await says(page, 'a.bin', 'Verified');
  expect(await call('digestOf', 'a.bin')).toBe(sha256(LARGE));
  expect(front.passages.map(({ status }) => status)).toEqual([200, 206]);
  expect(front.passages[1]?.asked.range).toBe('bytes=2000000-');
});

chromiumTest('a body that is shorter than announced is not taken for the whole', async () => {
  const trick: Trick = ({ nth, body, headers }) => {
    if (nth > 0) return { status: 404, headers: { 'content-length': 0 }, body: Buffer.alloc(0) };
    const { 'content-length': _, ...others } = headers;
    return { headers: others, body: body.subarray(0, 1_000) };
  };
  const { page, given, call, listed } = await browserPage({ 'a.bin': LARGE }, { trick });
  await call('add', listed('a.bin'));
  await says(page, 'a.bin', 'Failed – nothing was saved');
  expect(given).toEqual([]);
});

chromiumTest(
  'a file that changed since it was listed is told apart, and can be had as it is now',
  async () => {
    const { page, given, call, listed } = await browserPage({ 'a.txt': 'the new text' });
    await call('add', [{ ...listed('a.txt')[0], md5: md5('the old text') }]);
    await says(page, 'a.txt', /The file changed meanwhile/);
    expect(given).toEqual([]);
    const event = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Get the new version: a.txt' }).click();
    expect(String(await bytesOf(await event))).toBe('the new text');
    await says(page, 'a.txt', 'Verified');
  },
);

chromiumTest('what the server refuses is told in its words, and tried again by a button', async () => {
  const { page, storage, port, given, call, listed } = await browserPage({
    'gone.txt': 'x',
    'rotten.txt': 'x',
  });
  await call('add', listed('rotten.txt'));
  await says(page, 'rotten.txt', 'Verified');
  rmSync(join(storage, 'gone.txt'));
  await call('add', listed('gone.txt'));
  await says(page, 'gone.txt', /The server answered 404: .*gone\.txt/);
  putFile(storage, 'gone.txt', 'x');
  await page.getByRole('button', { name: 'Try again: gone.txt' }).click();
  await says(page, 'gone.txt', 'Verified');
  rot(storage, 'rotten.txt', 'y');
  const client = await connect(`sealift://127.0.0.1:${port}`);
  onTestFinished(() => client.close());
  await expect(client.stat('rotten.txt', { fresh: true })).rejects.toMatchObject({ code: 'CORRUPT' });
  await call('add', listed('rotten.txt'));
  await page.getByText('2 verified, 1 failed').waitFor();
  const item = page.getByRole('listitem').last();
  expect(await item.textContent()).toMatch(
    /Failed – nothing was saved.*The server answered 500: .*rotten\.txt/,
  );
  expect(given).toHaveLength(2);
});

chromiumTest('without a digest nothing is accepted, and the plain link says so', async () => {
  const trick: Trick = ({ headers }) => {
    const { 'repr-digest': _, ...others } = headers;
    return { headers: others };
  };
  const { page, given, call, listed } = await browserPage({ 'a.txt': 'x' }, { trick });
  await call('add', listed('a.txt'));
  await says(page, 'a.txt', /This cannot be verified/);
  const link = page.getByRole('link', { name: 'Download without verification' });
  expect(await link.getAttribute('href')).toBe('/a.txt');
  expect(await itemOf(page, 'a.txt').textContent()).toContain(md5('x'));
  expect(given).toEqual([]);
});

chromiumTest('what is too large for memory is not begun, and has a plain link', async () => {
  const { page, front, call, listed } = await browserPage({ 'a.txt': 'x' });
  await call('add', [{ ...listed('a.txt')[0], size: 2 ** 30 + 1 }]);
  await says(page, 'a.txt', /verifies in memory, up to 1.07 GB/);
  expect(await page.getByRole('link', { name: 'Download without verification' }).count()).toBe(1);
  expect(front.passages).toEqual([]);
});

chromiumTest('cancelling leaves nothing, in mid-body and before its turn', async () => {
  const trick: Trick = ({ body }) => ({ body: body.subarray(0, 1_000_000), hangs: true });
  const files = { 'a.bin': LARGE, 'b.bin': LARGE, 'c.bin': LARGE };
  const { page, given, call, listed } = await browserPage(files, { trick, pickers: true });
  await call('add', listed(...Object.keys(files)));
  for (const name of ['a.bin', 'b.bin']) await says(page, name, '1.00 MB of 5.00 MB');
  await says(page, 'c.bin', 'Waiting for its turn');
  expect(Object.keys(await call<object>('stored')).sort()).toEqual([
    'a.bin.sealift-part',
    'a.bin.sealift-part.crswap',
    'b.bin.sealift-part',
    'b.bin.sealift-part.crswap',
  ]);
  for (const name of ['c.bin', 'b.bin', 'a.bin']) {
    await page.getByRole('button', { name: `Cancel ${name}` }).press('Enter');
    await says(page, name, 'Cancelled – nothing was saved');
    const focused = await page.evaluate<string>('document.activeElement.ariaLabel');
    expect(focused).toBe(`Try again: ${name}`);
  }
  await page.getByText('3 cancelled').waitFor();
  expect(await call('stored')).toEqual({});
  await call('add', listed('a.bin'));
  await page.getByRole('button', { name: 'Cancel a.bin' }).click();
  await page.getByText('4 cancelled').waitFor();
  expect(await call('stored')).toEqual({});
  expect(given).toEqual([]);
});

chromiumTest('a picker that is closed begins nothing', async () => {
  const { page, front, call, listed } = await browserPage({ 'a.txt': 'x', 'b.txt': 'x' });
  await call('closePickers');
  await call('add', listed('a.txt'));
  await call('add', listed('a.txt', 'b.txt'));
  expect(await page.locator('#downloads').textContent()).toBe('');
  expect(front.passages).toEqual([]);
});

chromiumTest('five at once: two run, all are counted, the bad one does not hold up the others', async () => {
  const trick: Trick = (passage) => (passage.path === '/3.bin' ? flip(passage) : undefined);
  const files = Object.fromEntries([1, 2, 3, 4, 5].map((seed) => [`${seed}.bin`, someBytes(300_000, seed)]));
  const { page, given, faults, call, listed } = await browserPage(files, { trick });
  await call('add', listed(...Object.keys(files)));
  await page.getByText('4 verified, 1 rejected').waitFor();
  await expect.poll(() => given.length).toBe(4);
  for (const download of given) {
    expect((await bytesOf(download)).equals(files[download.suggestedFilename()] as Buffer)).toBe(true);
  }
  await page.getByRole('button', { name: 'Clear finished' }).click();
  expect(await page.locator('#downloads').textContent()).toBe('');
  expect(faults).toEqual([]);
});

chromiumTest(
  'a hostile name is made harmless before it comes near the disk, and is only text on the page',
  async () => {
    const content = 'x';
    const name = '../../<img src=x onerror=alert(1)>/\u202egpj.exe';
    const hostile = { name, href: '/a.txt', size: 1, type: 'text/html', md5: md5(content) };
    const { page, faults, given, call, listed } = await browserPage({ 'a.txt': content }, { pickers: true });
    await call('add', [hostile]);
    await page.getByText('1 verified').waitFor();
    expect(await call('stored')).toEqual({ '_gpj.exe': 1 });
    await call('add', [hostile, ...listed('a.txt')]);
    await page.getByText('3 verified').waitFor();
    const below = '_/_/_img src=x onerror=alert(1)_/_gpj.exe';
    expect(await call('stored')).toEqual({ '_gpj.exe': 1, [below]: 1, 'a.txt': 1 });
    expect(await page.locator('#downloads img').count()).toBe(0);
    await call('withoutPickers');
    const event = page.waitForEvent('download');
    await call('add', [hostile]);
    expect((await event).suggestedFilename()).toBe('_gpj.exe');
    expect([given.length, faults]).toEqual([1, []]);
  },
);

chromiumTest('a preview has verified bytes, of a type that can run nothing', async () => {
  const trick: Trick = (passage) => (passage.path === '/bad.txt' ? flip(passage) : undefined);
  const { front, call, listed } = await browserPage({ 'a.txt': 'text', 'bad.txt': 'text' }, { trick });
  const [good, bad] = listed('a.txt', 'bad.txt');
  expect(await call('preview', { ...good, type: 'text/html' })).toEqual({ type: 'text/plain', text: 'text' });
  expect(await call('preview', { ...good, type: 'image/png' })).toEqual({ type: 'image/png', text: 'text' });
  expect(await call('preview', bad)).toEqual({
    error: 'VerificationError',
    expected: md5('text'),
    received: md5('uext'),
  });
  expect(await call('preview', good, { limit: 3 })).toMatchObject({ error: 'TransferError' });
  // The one that is too large is not asked for.
  expect(front.passages).toHaveLength(3);
});

chromiumTest('the browser asks before it leaves what is under way, and only then', async () => {
  const trick: Trick = ({ body }) => ({ body: body.subarray(0, 1_000), hangs: true });
  const { page, call, listed } = await browserPage({ 'a.bin': LARGE }, { trick });
  await call('add', listed('a.bin'));
  await says(page, 'a.bin', '1.00 kB of 5.00 MB');
  const asks = () =>
    page.evaluate<boolean>(
      "(() => { const event = new Event('beforeunload', { cancelable: true }); dispatchEvent(event); return event.defaultPrevented; })()",
    );
  expect(await asks()).toBe(true);
  await page.getByRole('button', { name: 'Cancel a.bin' }).click();
  await says(page, 'a.bin', 'Cancelled');
  expect(await asks()).toBe(false);
});

chromiumTest(
  'every state can be read by all: no fault found by axe, light, dark and on a phone',
  async () => {
    const trick: Trick = (passage) => {
      if (passage.path === '/bad.bin') return flip(passage);
      return passage.path === '/slow.bin'
        ? { body: passage.body.subarray(0, 3_000_000), hangs: true }
        : undefined;
    };
    const files = { 'good.bin': LARGE, 'bad.bin': LARGE, 'slow.bin': LARGE };
    const { page, call, listed } = await browserPage(files, { trick });
    await call('add', [
      ...listed('good.bin', 'bad.bin', 'slow.bin'),
      { ...listed('huge.bin')[0], size: 2 ** 31 },
    ]);
    await page.getByText('1 verified, 1 rejected, 1 failed, 1 under way').waitFor();
    await says(page, 'slow.bin', '3.00 MB of 5.00 MB');
    await page.evaluate(`${axe.source}; null`);
    for (const { colorScheme, width } of [
      { colorScheme: 'light', width: 1_280 },
      { colorScheme: 'dark', width: 1_280 },
      { colorScheme: 'light', width: 390 },
    ] as const) {
      // Colours do not pass over: half way they could not be read.
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.setViewportSize({ width, height: 844 });
      expect(await page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")).toBe(
        colorScheme === 'dark',
      );
      const violations = await page.evaluate<string>(
        "axe.run('#downloads').then(({ violations }) => JSON.stringify(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])))",
      );
      expect(JSON.parse(violations), `${colorScheme}, ${width}`).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
      if (process.env.SHOTS)
        await page.screenshot({ path: `${process.env.SHOTS}/${colorScheme}-${width}.png` });
    }
  },
);

const outside = Object.values(networkInterfaces())
  .flat()
  .find((address) => address?.family === 'IPv4' && !address.internal)?.address;

const outsideTest = outside === undefined ? chromiumTest.skip : chromiumTest;

outsideTest(
  'an address of the network is no secure context: files are verified there too, in memory',
  async () => {
    const address = outside as string;
    const { page, faults, call, listed } = await browserPage({ 'a.bin': LARGE }, { address, pickers: null });
    expect(await page.evaluate('isSecureContext')).toBe(false);
    const event = page.waitForEvent('download');
    await call('add', listed('a.bin'));
    expect((await bytesOf(await event)).equals(LARGE)).toBe(true);
    await says(page, 'a.bin', `Verified · MD5 ${md5(LARGE)}`);
    expect(faults).toEqual([]);
  },
);
