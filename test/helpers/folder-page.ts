import type { BrowserContextOptions, Page } from 'playwright-core';
import { connect } from '#sealift/client/index.js';
import { openPage } from './chromium.js';
import { putFile, rot } from './files.js';
import { localServer } from './in-process.js';
import { tempFolder } from './temp-folder.js';

/** A storage with these files, all of them hashed, served to a browser that shows one of its folders. */
export async function openFolder(
  files: Record<string, string | Uint8Array>,
  {
    path = '/',
    rotten = [],
    ...options
  }: BrowserContextOptions & {
    path?: string;
    /** Names of files that are found damaged. */
    rotten?: string[];
  } = {},
) {
  const storage = tempFolder();
  for (const [name, content] of Object.entries(files)) putFile(storage, name, content);
  const server = await localServer(storage);
  const base = `http://127.0.0.1:${server.port}`;
  await (await fetch(`${base}/MD5SUMS`)).text();
  const client = await connect(server.url);
  for (const name of rotten) {
    rot(storage, name, Buffer.from(files[name] ?? '').fill('!'));
    await client.stat(name, { fresh: true }).catch(() => {});
  }
  client.close();
  const opened = await openPage(`${base}${path}`, options);
  await opened.page.locator('[data-scripted]').waitFor({ state: 'attached' });
  return { ...opened, storage, server, base };
}

/** The names that the table shows, in order. */
export function namesIn(page: Page): Promise<string[]> {
  return page.locator('#files tbody .link').allTextContents();
}
