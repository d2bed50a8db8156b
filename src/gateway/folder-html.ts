import type { Child } from './folder.js';
import { escapeMarkup } from './html.js';
import { encodeSegment } from './request-target.js';
import { httpDate } from './validators.js';

/** So that this page shows as it is meant to, and a name in it cannot do anything. */
export const INDEX_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const STYLE = `:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}body{margin:2rem auto;max-width:60rem;padding:0 1rem}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.25rem .75rem .25rem 0}td.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
code{font-size:.85em;opacity:.8}a{text-decoration:none}a:hover,a:focus-visible{text-decoration:underline}`;

/** The page up to its first entry. Links stand by themselves in `a href`, as `wget -r` and rclone read them; no script is needed. */
export function indexStart(folder: string): string {
  const title = escapeMarkup(`/${folder}${folder === '' ? '' : '/'}`);
  const up = folder === '' ? '' : '<p><a href="../">../</a></p>\n';
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${title}</title><style>${STYLE}</style></head><body>
<h1>${title}</h1>
${up}<table><thead><tr><th scope="col">Name</th><th scope="col">Size</th><th scope="col">Modified</th><th scope="col">MD5</th></tr></thead><tbody>
`;
}

/** One row. */
export function indexRow(child: Child): string {
  const segment = child.name.slice(child.name.lastIndexOf('/') + 1);
  if (child.kind === 'folder') {
    const text = escapeMarkup(`${segment}/`);
    return `<tr><td><a href="${encodeSegment(segment)}/">${text}</a></td><td></td><td></td><td></td></tr>\n`;
  }
  const date = httpDate(child.mtime) ?? '';
  const digest = child.rotten ? 'damaged' : (child.md5 ?? '');
  return `<tr><td><a href="${encodeSegment(segment)}">${escapeMarkup(segment)}</a></td><td class="n">${child.size}</td><td class="n">${date}</td><td><code>${digest}</code></td></tr>\n`;
}

/** What follows the last one: nothing that a program would take for one more file. */
export const INDEX_END = '</tbody></table>\n</body></html>\n';
