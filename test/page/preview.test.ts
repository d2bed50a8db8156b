import { afterAll, expect } from 'vitest';
import { chromiumTest, closeBrowser } from '../helpers/chromium.js';
import { md5 } from '../helpers/files.js';
import { openFolder } from '../helpers/folder-page.js';

afterAll(closeBrowser);

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAFElEQVR4nGP4z8DAwMDAxMDAwAAADQYBA2Us7iwAAAAASUVORK5CYII=',
  'base64',
);

/** A tenth of a second of silence. */
function wav(): Buffer {
  const bytes = Buffer.alloc(44 + 1_600);
  bytes.write('RIFF', 0);
  bytes.writeUInt32LE(bytes.length - 8, 4);
  bytes.write('WAVEfmt ', 8);
  for (const [at, value] of [
    [16, 16],
    [24, 8_000],
    [28, 16_000],
    [40, 1_600],
  ] as const) {
    bytes.writeUInt32LE(value, at);
  }
  for (const [at, value] of [
    [20, 1],
    [22, 1],
    [32, 2],
    [34, 16],
  ] as const) {
    bytes.writeUInt16LE(value, at);
  }
  bytes.write('data', 36);
  return bytes;
}

const FILES = {
  'a picture.png': PNG,
  'b notes.txt': 'Some <b>text</b> & more',
  'c page.html': '<script>alert(1)</script><h1>Page</h1>',
  'd drawing.svg': '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
  'e long.txt': 'é'.repeat(200_000),
  'f sound.wav': wav(),
  'g not a picture.png': 'text',
  'h unknown.bin': 'x',
};

chromiumTest(
  'files one after the other: verified before they are shown, and nothing in them runs',
  async () => {
    const { page, faults } = await openFolder(FILES);
    page.on('dialog', (dialog) => faults.push(dialog.message()));
    const dialog = page.getByRole('dialog');
    const isVerified = () => dialog.getByText('Verified', { exact: true }).waitFor();
    await page.getByRole('link', { name: 'a picture.png', exact: true }).click();
    await isVerified();
    const picture = dialog.locator('img');
    expect(await picture.getAttribute('src')).toMatch(/^blob:/);
    expect(await picture.evaluate((img) => (img as unknown as { naturalWidth: number }).naturalWidth)).toBe(
      2,
    );
    expect(await dialog.getByText('1 of 8').count()).toBe(1);
    expect(await dialog.getByText(md5(PNG)).count()).toBe(1);
    for (const name of ['b notes.txt', 'c page.html', 'd drawing.svg'] as const) {
      await page.keyboard.press('ArrowRight');
      await dialog.getByRole('heading', { name }).waitFor();
      await isVerified();
      expect(await dialog.locator('pre').textContent()).toBe(FILES[name]);
    }
    await page.keyboard.press('ArrowRight');
    await dialog.getByText('The first 262 kB of 400 kB').waitFor();
    await isVerified();
    expect((await dialog.locator('pre').textContent())?.slice(0, 131_072)).toBe('é'.repeat(131_072));
    await page.keyboard.press('ArrowRight');
    const sound = dialog.locator('audio');
    await sound.waitFor();
    expect(await dialog.getByText('Played as it comes, not verified').count()).toBe(1);
    await expect.poll(() => page.evaluate(`document.querySelector('audio').duration`)).toBe(0.1);
    await page.keyboard.press('ArrowRight');
    await dialog.getByText('cannot show this picture').waitFor();
    await page.keyboard.press('ArrowRight');
    await dialog.getByText('no preview of this kind').waitFor();
    expect(await dialog.getByRole('button', { name: 'Next' }).isDisabled()).toBe(true);
    expect(await dialog.getByRole('link', { name: 'Plain link' }).getAttribute('href')).toBe(
      '/h%20unknown.bin',
    );
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('Escape');
    // Focus is with the file that was shown last.
    await dialog.waitFor({ state: 'hidden' });
    await expect.poll(() => page.evaluate('document.activeElement.textContent')).toBe('g not a picture.png');
    expect(faults.join('\n')).toBe('');
  },
);

chromiumTest('video plays by ranges from the server', async () => {
  const { page } = await openFolder({ 'a.txt': '' });
  // Made by the browser itself: a picture that moves for a moment.
  const bytes = await page.evaluate(`new Promise((resolve) => {
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = 16;
    const draw = canvas.getContext('2d');
    const recorder = new MediaRecorder(canvas.captureStream(30), { mimeType: 'video/webm' });
    const pieces = [];
    let frames = 0;
    recorder.ondataavailable = ({ data }) => pieces.push(data);
    recorder.onstop = async () => resolve([...new Uint8Array(await new Blob(pieces).arrayBuffer())]);
    recorder.start();
    const next = () => {
      draw.fillRect(frames, 0, 1, 16);
      if (frames++ < 12) requestAnimationFrame(next);
      else recorder.stop();
    };
    next();
  })`);
  const { page: other, faults } = await openFolder({ 'film.webm': Uint8Array.from(bytes as number[]) });
  await other.getByRole('link', { name: 'film.webm' }).click();
  const width = () => other.evaluate(`document.querySelector('dialog video')?.videoWidth`);
  await expect.poll(width).toBe(16);
  expect(faults).toEqual([]);
});

chromiumTest('PDF is shown where the browser has a viewer; else a link is there', async () => {
  const { page, faults } = await openFolder({ 'x.pdf': '%PDF-1.4\n%%EOF' });
  await page.getByRole('link', { name: 'x.pdf' }).click();
  if (await page.evaluate('navigator.pdfViewerEnabled')) await page.locator('dialog iframe').waitFor();
  else await page.getByText('no preview of this kind').waitFor();
  expect(await page.getByRole('link', { name: 'Plain link' }).count()).toBe(1);
  expect(faults).toEqual([]);
});

chromiumTest('what arrives damaged is not shown, and both digests are', async () => {
  const { page } = await openFolder({ 'notes.txt': 'right' });
  await page.route('**/notes.txt', async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: 'wrong' });
  });
  await page.getByRole('link', { name: 'notes.txt' }).click();
  const alert = page.getByRole('dialog').getByRole('alert');
  await alert.getByText('Rejected.').waitFor();
  expect(await alert.locator('code').allTextContents()).toEqual([md5('right'), md5('wrong')]);
  expect(await page.locator('dialog pre').count()).toBe(0);
});
