import { randomBytes } from 'node:crypto';
import { SealiftError } from '../errors/index.js';
import { wantsHtml } from './accept.js';
import { FORM_REFERRER } from './access/index.js';
import type { Exchange } from './exchange.js';
import { type Child, childrenOf, type FolderPage, filesBelow, hasFolder, searchBelow } from './folder.js';
import { INDEX_END, INDEX_POLICY, indexRow, indexStart } from './folder-html.js';
import { folderPage, pagePolicy } from './folder-page.js';
import { folderPathOf } from './request-target.js';
import { streamText } from './stream-text.js';

const PAGE_MAX = 1_000;
/** The longest segment of a name. What is searched for in each name is short, so that each takes little time. */
const SEARCH_MAX = 255;

/** Answers with what stands in a folder: as JSON for programs, as the page for browsers, else as plain links. */
export async function answerFolder(exchange: Exchange): Promise<void> {
  const { accept = '' } = exchange.request.headers;
  if (wantsHtml(exchange.request)) return answerPage(exchange);
  if (/\bapplication\/json\b/i.test(accept)) return answerJson(exchange);
  return answerIndex(exchange);
}

/** `{"folder":…,"entries":[…],"next":…}`, up to `limit` entries behind `after`; documented in docs/http.md. */
async function answerJson(exchange: Exchange): Promise<void> {
  const { target } = exchange;
  const limit = wholeNumber(target.query.get('limit') ?? String(PAGE_MAX));
  const { children, next } = await askedPage(exchange, target.query.get('search'), limit);
  const text = `${JSON.stringify({ folder: target.name, entries: children.map(asJson), next })}\n`;
  exchange.send(200, { 'Content-Type': 'application/json', ...unkept(exchange) }, text);
}

/** The page, with as much of the folder as one page of it holds. */
async function answerPage(exchange: Exchange): Promise<void> {
  const { target } = exchange;
  // A form that is sent with nothing in it asks for the folder.
  const search = target.query.get('search') || null;
  const { children, next } = await askedPage(exchange, search, PAGE_MAX);
  const nonce = randomBytes(16).toString('base64');
  const entries = children.map((child) => ({ child, json: asJson(child) }));
  const after = target.query.get('after');
  const { base, grant, isLoggedIn } = exchange;
  const page = { folder: target.name, search, after, entries, next, nonce, base, grant, isLoggedIn };
  const fields = { 'Content-Type': 'text/html; charset=utf-8', 'Content-Security-Policy': pagePolicy(nonce) };
  const referrer = isLoggedIn ? FORM_REFERRER : {};
  exchange.send(200, { ...fields, ...referrer, ...unkept(exchange) }, folderPage(page));
}

/** Links alone, all in one answer. */
async function answerIndex(exchange: Exchange): Promise<void> {
  const { target, store, signal } = exchange;
  const first = await childrenOf(store, target.name, { signal });
  async function* page() {
    yield indexStart(target.name);
    for (let { children, next } = first; ; ) {
      yield children.map(indexRow).join('');
      if (next === null) break;
      ({ children, next } = await childrenOf(store, target.name, { after: next, signal }));
    }
    yield INDEX_END;
  }
  const fields = { 'Content-Type': 'text/html; charset=utf-8', 'Content-Security-Policy': INDEX_POLICY };
  await streamText(exchange, fields, page());
}

function askedPage(exchange: Exchange, search: string | null, limit: number): Promise<FolderPage> {
  const { target, store, signal } = exchange;
  const after = target.query.get('after') ?? undefined;
  if (search === null) return childrenOf(store, target.name, { after, limit, signal });
  if (search.length > SEARCH_MAX) {
    throw new SealiftError('BAD_REQUEST', `search: longer than ${SEARCH_MAX} characters`);
  }
  return searchBelow(store, target.name, { text: search, after, limit, signal });
}

/** Answers with the MD5 of all files below a folder, for `md5sum -c`. Those that are not known yet are waited for. */
export async function answerSums(exchange: Exchange, folder: string): Promise<void> {
  const { store, signal } = exchange;
  if (!(await hasFolder(store, folder, signal))) throw noSuchFolder(folder);
  const start = folder === '' ? 0 : folder.length + 1;
  async function* lines() {
    for await (const entries of filesBelow(store, folder, signal)) {
      const sums: string[] = [];
      for (const { name, md5, rotten } of entries) {
        if (rotten) throw new SealiftError('CORRUPT', `${name}: the server's copy is damaged`);
        sums.push(sumLine(md5 ?? (await md5Of(exchange, name)), name.slice(start)));
      }
      yield sums.join('');
    }
  }
  await streamText(exchange, { 'Content-Type': 'text/plain; charset=utf-8' }, lines());
}

/** Answers a folder that was asked for as if it were a file: false if there is none. */
export async function redirectToFolder(exchange: Exchange): Promise<boolean> {
  const { target, store, base, signal } = exchange;
  if (!(await hasFolder(store, target.name, signal))) return false;
  // By path alone, and never with two slashes in front: it stays on this server.
  exchange.send(301, { Location: base + folderPathOf(target.name) });
  return true;
}

async function md5Of({ store, signal, connection }: Exchange, name: string): Promise<string> {
  const file = await store.open(name);
  try {
    return (await file.digests({ signal, unlessShared: connection.unlessShared })).md5;
  } finally {
    await file.close();
  }
}

/** As coreutils write it: a name with a line break or a backslash is escaped, and the line begins with one. */
function sumLine(md5: string, name: string): string {
  const escaped = name.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r');
  return `${escaped === name ? '' : '\\'}${md5}  ${escaped}\n`;
}

/** Whoever logs out is not to find names again by going back. */
function unkept({ grant }: Exchange): Record<string, string> {
  return grant.kind === 'open' ? { Vary: 'Accept' } : { 'Cache-Control': 'no-store' };
}

function asJson(child: Child): object {
  if (child.kind === 'folder') return { kind: 'folder', name: child.name };
  const { name, type, size, md5, mtime } = child;
  return { kind: 'file', name, type, size, md5, mtime, ...(child.rotten ? { rotten: true } : {}) };
}

function wholeNumber(text: string): number {
  const value = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (value < 1 || value > PAGE_MAX)
    throw new SealiftError('BAD_REQUEST', `limit: not an integer from 1 to ${PAGE_MAX}`);
  return value;
}

function noSuchFolder(folder: string): SealiftError {
  return new SealiftError('NOT_FOUND', `${folder}: no such folder`);
}
