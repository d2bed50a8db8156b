import { existsSync } from 'node:fs';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { onTestFinished, test } from 'vitest';

const PROGRAM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);

/** A test that needs Chromium; where there is none it is skipped, and says why. */
export const chromiumTest = PROGRAM === undefined ? test.skip : test;
if (PROGRAM === undefined) console.warn('skipped: chromium is not installed');

let browser: Promise<Browser> | undefined;

/** A page of a browser of its own profile, closed when the test ends. What goes wrong in it is in `faults`. */
export async function openPage(
  url: string,
  options: BrowserContextOptions = {},
): Promise<{ page: Page; faults: string[] }> {
  browser ??= chromium.launch({ executablePath: PROGRAM as string, args: ['--no-sandbox'] });
  const context = await (await browser).newContext(options);
  onTestFinished(() => context.close());
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') faults.push(message.text());
  });
  await page.goto(url);
  return { page, faults };
}

/** Ends the browser; the next test begins another one. */
export async function closeBrowser(): Promise<void> {
  await (await browser)?.close();
  browser = undefined;
}
