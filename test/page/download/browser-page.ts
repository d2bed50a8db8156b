import { readFileSync } from 'node:fs';
import type { Download, Page } from 'playwright-core';
import { openPage } from '../../helpers/chromium.js';
import { md5, putFile } from '../../helpers/files.js';
import { localServer } from '../../helpers/in-process.js';
import { tempFolder } from '../../helpers/temp-folder.js';
import { chaosFront, type Front, type Trick } from './chaos-front.js';

interface Listed {
  name: string;
  href: string;
  size: number;
  type: string;
  md5: string | null;
}

export interface BrowserPage {
  page: Page;
  front: Front;
  storage: string;
  /** Of the server itself. */
  port: number;
  /** Downloads that the browser made, oldest first. */
  given: Download[];
  faults: string[];
  /** Calls a function of the harness. */
  call: <T>(name: string, ...values: unknown[]) => Promise<T>;
  /** As the listing would have these files. */
  listed: (...names: string[]) => Listed[];
}

interface Options {
  trick?: Trick;
  /** Pickers that give files of the browser's own storage; without, files go through memory. Null leaves what the browser has. */
  pickers?: boolean | null;
  /** Of this machine, to be asked at. */
  address?: string;
  /** False: as a browser that cannot rename files. */
  canRename?: boolean;
}

/** A page to download from, before a storage with these files. */
export async function browserPage(
  files: Record<string, Buffer | string>,
  { trick, pickers = false, canRename = true, address = '127.0.0.1' }: Options = {},
): Promise<BrowserPage> {
  const storage = tempFolder();
  for (const [name, content] of Object.entries(files)) putFile(storage, name, content);
  const { port } = await localServer(storage);
  const front = await chaosFront(port, trick, { canRename, address });
  const { page, faults } = await openPage(`${front.url}/page`, { acceptDownloads: true });
  const given: Download[] = [];
  page.on('download', (download) => given.push(download));
  await page.locator('body[data-ready]').waitFor({ state: 'attached' });
  const call = <T>(name: string, ...values: unknown[]): Promise<T> =>
    page.evaluate(`harness.${name}(${values.map((value) => JSON.stringify(value)).join(', ')})`);
  if (pickers !== null) await call(pickers ? 'usePickers' : 'withoutPickers');
  const listed = (...names: string[]) =>
    names.map((name) => {
      const content = files[name] ?? '';
      const href = `/${name.split('/').map(encodeURIComponent).join('/')}`;
      const size = Buffer.byteLength(content);
      return { name, href, size, type: 'application/octet-stream', md5: md5(content) };
    });
  return { page, front, storage, port, given, faults, call, listed };
}

/** What the browser put on the disk. */
export async function bytesOf(download: Download | undefined): Promise<Buffer> {
  return readFileSync((await download?.path()) ?? '');
}
