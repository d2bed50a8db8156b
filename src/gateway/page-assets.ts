import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { SCRIPT_POLICY } from './safe-headers.js';
import type { TextFields } from './send-text.js';

/** No file is called so: hidden names are not served. */
export const ASSETS = '.sealift/page/';

const TYPES: Record<string, string> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
};
const NAME = /^(?:[a-z0-9]+(?:-[a-z0-9]+)*\/)*[a-z0-9]+(?:[-.][a-z0-9]+)*\.(js|css|svg)$/;
/** Drawings an hour old do no harm, and are still there when the server is gone: the page goes on without it. */
const DRAWINGS_KEPT = 'private, max-age=3600';
const FOLDER = new URL('../page/', import.meta.url);
/** MD5 in the page's worker, with its WebAssembly in it. */
const MD5_MODULE = 'md5.umd.min.js';

/** Answers with a part of the page: a script, its styles. False if there is none of that name. */
export async function answerAsset(
  name: string,
  send: (fields: TextFields, bytes: Buffer) => void,
): Promise<boolean> {
  const path = name.slice(ASSETS.length);
  const [, extension = ''] = NAME.exec(path) ?? [];
  if (extension === '') return false;
  const bytes = await readFile(pathOfAsset(path)).catch(() => null);
  if (bytes === null) return false;
  send(
    {
      'Content-Type': TYPES[extension] ?? '',
      'Content-Security-Policy': SCRIPT_POLICY,
      ...(extension === 'svg' ? { 'Cache-Control': DRAWINGS_KEPT } : {}),
    },
    bytes,
  );
  return true;
}

function pathOfAsset(path: string): string {
  if (path === MD5_MODULE) return createRequire(import.meta.url).resolve(`hash-wasm/dist/${MD5_MODULE}`);
  return fileURLToPath(new URL(path, FOLDER));
}
