import { afterAll, expect } from 'vitest';
import { chromiumTest, closeBrowser } from '../helpers/chromium.js';
import { namesIn, openFolder } from '../helpers/folder-page.js';

afterAll(closeBrowser);

const FILES = {
  'Report 1.txt': 'a',
  'notes.md': 'b',
  'reports/June.txt': 'c',
  'sub/deep/report 2.txt': 'd',
};

chromiumTest(
  'as one types: what is in the folder at once, what is below as the server finds it',
  async () => {
    const { page, faults } = await openFolder(FILES);
    const asked: string[] = [];
    page.on('request', (request) => asked.push(new URL(request.url()).search));
    let answer = () => {};
    const isAllowed = new Promise<void>((resolve) => (answer = resolve));
    await page.route(/search=/, async (route) => {
      await isAllowed;
      await route.continue();
    });
    await page.keyboard.press('/');
    await page.keyboard.type('rep');
    await page.getByText('looking…').waitFor();
    expect(await namesIn(page)).toEqual(['reports', 'Report 1.txt']);
    answer();
    await page.getByText('1 folder, 3 files found for “rep”').first().waitFor();
    expect(await namesIn(page)).toEqual(['reports', 'June.txt', 'Report 1.txt', 'report 2.txt']);
    // Each says where it is, and leads there.
    const row = page.getByRole('row').filter({ hasText: 'report 2.txt' });
    expect(await row.getByRole('link', { name: 'in sub/deep' }).getAttribute('href')).toBe('/sub/deep/');
    expect(await row.locator('mark').textContent()).toBe('rep');
    // One request for what was typed quickly.
    expect(asked.filter((query) => query.startsWith('?search='))).toEqual(['?search=rep']);
    expect(new URL(page.url()).search).toBe('?search=rep');
    await page.keyboard.press('Escape');
    expect(await namesIn(page)).toEqual(['reports', 'sub', 'notes.md', 'Report 1.txt']);
    expect(new URL(page.url()).search).toBe('');
    expect(faults).toEqual([]);
  },
);

chromiumTest('an older answer never takes the place of a newer one', async () => {
  const { page } = await openFolder(FILES);
  const aborted = page.waitForEvent('requestfailed');
  await page.route(/search=jun$/, () => {});
  const first = page.waitForRequest(/search=jun$/);
  await page.getByRole('searchbox').fill('jun');
  await first;
  await page.getByRole('searchbox').fill('report 2');
  expect((await aborted).url()).toContain('search=jun');
  await page.getByText('1 file found for “report 2”').first().waitFor();
  expect(await namesIn(page)).toEqual(['report 2.txt']);
});

chromiumTest(
  'an address with a search shows it, in a folder too, and the folder when it is cleared',
  async () => {
    const { page, faults } = await openFolder(FILES, { path: '/sub/?search=2' });
    expect(await page.getByRole('searchbox').inputValue()).toBe('2');
    expect(await namesIn(page)).toEqual(['report 2.txt']);
    await page.getByRole('button', { name: 'Clear the search' }).click();
    await page.getByRole('link', { name: 'deep' }).waitFor();
    expect(await namesIn(page)).toEqual(['deep']);
    expect(faults).toEqual([]);
  },
);

chromiumTest('nothing found is said so', async () => {
  const { page } = await openFolder(FILES);
  await page.getByRole('searchbox').fill('<b>nowhere</b>');
  await page.getByText('Nothing found for “<b>nowhere</b>”').waitFor();
  await page.locator('#status').getByText('0 files found').waitFor({ state: 'attached' });
  await page.getByRole('button', { name: 'Clear the search' }).last().click();
  expect(await namesIn(page)).toHaveLength(4);
});
