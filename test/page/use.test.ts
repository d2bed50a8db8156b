import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { afterAll, expect } from 'vitest';
import { chromiumTest, closeBrowser } from '../helpers/chromium.js';
import { namesIn, openFolder } from '../helpers/folder-page.js';

afterAll(closeBrowser);

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
const FILES = {
  'a.txt': 'one',
  'b.txt': 'two',
  'c.txt': 'three',
  'damaged.txt': 'rotten',
  'sub/deep/d.txt': 'four',
  'sub/e.txt': 'five',
  [`${'a long name '.repeat(15)}.txt`]: 'x',
  [`${'unbroken'.repeat(20)}.txt`]: 'x',
};

/** What axe-core finds wrong with the page as it is. */
async function violations(page: Page): Promise<unknown> {
  return page.evaluate(`(async () => {
    if (!globalThis.axe) { ${axe.source} }
    const { violations } = await axe.run(document);
    return violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html.slice(0, 200))]);
  })()`);
}

/** What is saved goes to memory: there is nobody to choose a file. */
const withoutPickers = (page: Page) =>
  page.evaluate('delete window.showSaveFilePicker; delete window.showDirectoryPicker;');

chromiumTest('by keyboard alone: from the first Tab to a download', async () => {
  const { page, faults } = await openFolder(FILES);
  await withoutPickers(page);
  const press = (...keys: string[]) =>
    keys.reduce((done, key) => done.then(() => page.keyboard.press(key)), Promise.resolve());
  const focused = () => page.evaluate('document.activeElement.textContent');
  await press('Tab');
  expect(await focused()).toBe('Skip to the files');
  await press('Enter', 'Tab', 'Tab');
  expect(await focused()).toBe('Name');
  // Over the other headers, and the folder's box.
  await press('Tab', 'Tab', 'Tab', 'Tab', 'Tab');
  expect(await focused()).toBe('sub');
  await press('ArrowDown', 'ArrowDown');
  expect(await focused()).toBe('a.txt');
  await press('Space');
  expect(await page.getByText('1 selected').first().isVisible()).toBe(true);
  await press('Space');
  await press('ArrowDown', 'Enter');
  await page.getByRole('dialog').getByRole('heading', { name: 'b.txt' }).waitFor();
  await press('Escape');
  expect(await focused()).toBe('b.txt');
  const asked = page.waitForRequest(/\/b\.txt$/);
  const saved = page.waitForEvent('download');
  // Its MD5, then its button.
  await press('Tab', 'Tab', 'Enter');
  await asked;
  expect((await saved).suggestedFilename()).toBe('b.txt');
  await page.locator('#downloads').getByText('Verified', { exact: false }).first().waitFor();
  expect(faults).toEqual([]);
});

chromiumTest('several are picked: by range, all, and all below a folder', async () => {
  const { page } = await openFolder(FILES, { rotten: ['damaged.txt'] });
  const bar = page.getByRole('region', { name: 'Selection' });
  const box = (name: string) => page.getByRole('checkbox', { name: `Select ${name}` });
  await box('a.txt').click();
  await box('c.txt').click({ modifiers: ['Shift'] });
  await bar.getByText('3 selected').waitFor();
  expect(await bar.getByText('3 files, 11 B').count()).toBe(1);
  await box('b.txt').click();
  await bar.getByText('2 selected').waitFor();
  await box('sub').click();
  await bar.getByText('4 files, 16 B').waitFor();
  // All, except for what is damaged.
  await page.getByRole('checkbox', { name: 'Select all that are shown' }).click();
  await bar.getByText('6 selected').waitFor();
  await bar.getByText('7 files').waitFor();
  await bar.getByRole('button', { name: 'Clear' }).click();
  expect(await bar.isVisible()).toBe(false);
  expect(await box('a.txt').isChecked()).toBe(false);
});

chromiumTest('on a phone: nothing is wider than it, and everything is large enough to touch', async () => {
  const { page, faults } = await openFolder(FILES, { ...PHONE, rotten: ['damaged.txt'] });
  const expectFits = async () =>
    expect(
      await page.evaluate(
        'document.documentElement.scrollWidth <= document.documentElement.clientWidth && innerWidth === 390',
      ),
    ).toBe(true);
  await expectFits();
  const small = `[...document.querySelectorAll('a:not(.where, .skip), button, input:not([type=checkbox]), label:not(.unseen)')]
    .filter((part) => part.checkVisibility())
    .map((part) => [part.textContent || part.outerHTML, part.getBoundingClientRect()])
    .filter(([, { width, height }]) => height < 43.5 || width < 23.5)
    .map(([text, { width, height }]) => text + ' ' + width + ' × ' + height)`;
  expect(await page.evaluate(small)).toEqual([]);
  await page.getByRole('checkbox', { name: 'Select a.txt' }).check();
  await expectFits();
  expect(await page.evaluate(small)).toEqual([]);
  await page.getByRole('link', { name: 'b.txt' }).tap();
  await page.getByRole('dialog').getByText('Verified', { exact: true }).waitFor();
  await expectFits();
  await page.getByRole('button', { name: 'Close' }).tap();
  await page.getByRole('searchbox').fill('.txt');
  await page.getByText('deep').first().waitFor();
  await expectFits();
  expect((await namesIn(page)).length).toBe(8);
  expect(faults).toEqual([]);
});

for (const colorScheme of ['light', 'dark'] as const) {
  chromiumTest(`axe-core finds nothing wrong, ${colorScheme}`, async () => {
    const { page, faults } = await openFolder(FILES, { colorScheme, rotten: ['damaged.txt'] });
    await withoutPickers(page);
    expect(await violations(page)).toEqual([]);
    await page.getByRole('checkbox', { name: 'Select a.txt' }).check();
    await page.getByRole('button', { name: 'Download verified: c.txt' }).click();
    await page.locator('#downloads').getByText('Verified', { exact: false }).first().waitFor();
    expect(await violations(page)).toEqual([]);
    await page.getByRole('link', { name: 'b.txt' }).click();
    await page.getByRole('dialog').getByText('Verified', { exact: true }).waitFor();
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('searchbox').fill('txt');
    await page.getByRole('link', { name: 'in sub/deep' }).waitFor();
    expect(await violations(page)).toEqual([]);
    await page.getByRole('searchbox').fill('nowhere');
    await page.getByText('Nothing found').waitFor();
    expect(await violations(page)).toEqual([]);
    expect(faults).toEqual([]);
  });
}

chromiumTest('axe-core finds nothing wrong on a phone, nor with forced colours', async () => {
  const { page } = await openFolder(FILES, { ...PHONE, rotten: ['damaged.txt'], path: '/sub/deep/' });
  expect(await violations(page)).toEqual([]);
  await page.goto(new URL('/', page.url()).href);
  await page.emulateMedia({ forcedColors: 'active', reducedMotion: 'reduce' });
  expect(await violations(page)).toEqual([]);
});
