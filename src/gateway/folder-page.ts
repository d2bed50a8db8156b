import { LOGOUT } from './access/index.js';
import { breadcrumbs } from './breadcrumbs.js';
import type { Grant } from './context.js';
import type { Child } from './folder.js';
import { escapeMarkup } from './html.js';
import { pageRow } from './page-row.js';
import { folderPathOf } from './request-target.js';

export interface FolderPageContent {
  folder: string;
  /** What was searched for below the folder; null: it is shown itself. */
  search: string | null;
  /** What the page begins behind; null: at the start. */
  after: string | null;
  /** With what the script makes of each. */
  entries: { child: Child; json: object }[];
  next: string | null;
  /** Of this one response. */
  nonce: string;
  /** What paths on this server begin with. */
  base: string;
  grant: Pick<Grant, 'kind' | 'expires'>;
  isLoggedIn: boolean;
}

/**
 * What the page may do. Scripts run by the nonce alone, and load what they import: files of the storage are of the same origin, and none of
 * them is to run. Pictures, sound and PDF of the storage are shown from the server or from memory.
 */
export function pagePolicy(nonce: string): string {
  return [
    "default-src 'none'",
    `script-src 'nonce-${nonce}' 'strict-dynamic'`,
    "style-src 'self'",
    "img-src 'self' blob:",
    "media-src 'self' blob:",
    'frame-src blob:',
    // The viewer of PDF in Chromium counts as an object.
    'object-src blob:',
    "connect-src 'self'",
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');
}

const COLUMNS = [
  ['name', 'Name'],
  ['size', 'Size'],
  ['type', 'Type'],
  ['date', 'Modified'],
  ['md5', 'MD5'],
];

const LEAVE = `\n<form class="leave" method="post" action="/${LOGOUT}"><button class="quiet" type="submit">Log out</button></form>`;

/** The page of a folder: complete as it is, and better with its script. */
export function folderPage(content: FolderPageContent): string {
  const { folder, search, after, entries, next, nonce, base } = content;
  const path = base + folderPathOf(folder);
  const page = `${base}/.sealift/page`;
  const title = folder === '' ? 'All files' : escapeMarkup(folder.slice(folder.lastIndexOf('/') + 1));
  const sought = escapeMarkup(search ?? '');
  const below = folder === '' ? 0 : folder.length + 1;
  const heads = COLUMNS.map(
    ([key, label]) => `<th role="columnheader" scope="col" class="${key}">${label}</th>`,
  );
  const data = [
    ['folder', folder],
    ['after', after],
    ['next', next],
    ['searched', search],
  ].flatMap(([key, value]) => (value === null ? [] : [` data-${key}="${escapeMarkup(value as string)}"`]));
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${folder === '' ? '' : `${escapeMarkup(folder)} – `}Sealift</title>
<link rel="icon" href="${page}/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="${page}/page.css"><link rel="stylesheet" href="${page}/listing.css">
<link rel="stylesheet" href="${page}/preview.css"><link rel="stylesheet" href="${page}/download/download.css">
<script type="module" nonce="${nonce}" src="${page}/main.js"></script></head>
<body${data.join('')}>
<a class="skip" href="#files">Skip to the files</a>
<header class="top"><a class="brand" href="${base}/"><svg aria-hidden="true"><use href="${page}/icons.svg#mark"/></svg>Sealift</a>
<form role="search" method="get" action="${path}"><label class="unseen" for="search">Search this folder and those below</label>
<svg class="icon" aria-hidden="true"><use href="${page}/icons.svg#search"/></svg>
<input id="search" name="search" type="search" value="${sought}" maxlength="255" placeholder="Search here and below" autocomplete="off" spellcheck="false" enterkeyhint="search"><kbd aria-hidden="true">/</kbd></form>${content.isLoggedIn ? LEAVE : ''}</header>
<main>${sharedNote(content)}<nav aria-label="Breadcrumbs"><ol>${breadcrumbs(folder, base)}</ol></nav>
<div class="title"><h1><bdi>${title}</bdi></h1><p id="summary">${summary(entries.length, search)}</p>
<a class="sums" href="${path}MD5SUMS" title="The MD5 of everything below, for md5sum -c"><svg class="icon" aria-hidden="true"><use href="${page}/icons.svg#digest"/></svg>MD5SUMS</a></div>
<div id="notice"></div>
<table id="files" role="table" aria-label="Files" tabindex="-1"><thead role="rowgroup"><tr role="row"><td role="cell" class="pick"></td>${heads.join('')}<td role="cell" class="act"></td></tr></thead>
<tbody role="rowgroup">
${entries.map((entry) => pageRow(entry, { below, base })).join('')}</tbody></table>
${next === null ? '' : nextLink(path, search, next)}<div id="more"></div>
${entries.length > 0 ? '' : `<p class="nothing">${search === null ? 'Nothing here yet.' : `No file here or below has “${sought}” in its name.`}</p>`}
</main>
<p id="status" class="unseen" role="status"></p>
<footer><p>A verified download is hashed as it arrives, and is kept only if its MD5 is the one shown here.</p></footer>
<div class="dock"><section id="selection" aria-label="Selection" hidden></section>
<section id="downloads" aria-label="Downloads"></section></div>
</body></html>
`;
}

/** Who follows a link is told that it is one, and how long it goes on. */
function sharedNote({ grant: { kind, expires }, base }: FolderPageContent): string {
  if (kind !== 'share') return '';
  const date = typeof expires === 'number' ? new Date(expires).toISOString() : null;
  const until = date && ` until <time datetime="${date}">${date.slice(0, 16).replace('T', ' ')} UTC</time>`;
  return `<p class="shared"><svg class="icon" aria-hidden="true"><use href="${base}/.sealift/page/icons.svg#link"/></svg><span>Shared with you${until ?? ''}</span></p>\n`;
}

function summary(count: number, search: string | null): string {
  const what = search === null ? ['entry', 'entries'] : ['file found', 'files found'];
  return `${count} ${what[count === 1 ? 0 : 1]}`;
}

function nextLink(path: string, search: string | null, next: string): string {
  const query = new URLSearchParams(search === null ? { after: next } : { search, after: next });
  return `<p class="next"><a rel="next" href="${path}?${escapeMarkup(query.toString())}">Next page</a></p>\n`;
}
