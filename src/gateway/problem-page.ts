import { breadcrumbs } from './breadcrumbs.js';
import { escapeMarkup } from './html.js';
import type { ProblemText } from './problem-text.js';
import { folderPathOf, parseTarget } from './request-target.js';

/** Styles and a drawing of this server, and no more. */
export const PROBLEM_POLICY =
  "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Longer names are no file's, and need not come back. */
const NAME_MAX = 1_024;

const HEADINGS: Record<string, string> = {
  NOT_FOUND: 'Nothing is called that here',
  CORRUPT: 'This file is damaged',
  BUSY: 'The server is busy',
  CHANGED: 'This file is changing',
  FORBIDDEN: 'Not allowed',
  INTERNAL: 'The server failed',
};

/** A refusal for people: what is wrong, and the way back. No script. */
export function problemPage({ title, code, detail }: ProblemText, target: string): string {
  const heading = HEADINGS[code] ?? title;
  const { name, base } = namedBy(target);
  const above = name.slice(0, Math.max(0, name.lastIndexOf('/')));
  const back = base + folderPathOf(above);
  const page = `${base}/.sealift/page`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${heading} – Sealift</title>
<link rel="icon" href="${page}/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="${page}/page.css"></head>
<body>
<header class="top"><a class="brand" href="${base}/"><svg aria-hidden="true"><use href="${page}/icons.svg#mark"/></svg>Sealift</a></header>
<main><nav aria-label="Breadcrumbs"><ol>${breadcrumbs(name, base)}</ol></nav>
<div class="nothing problem"><svg class="icon" aria-hidden="true"><use href="${page}/icons.svg#${code === 'NOT_FOUND' ? 'search' : 'damaged'}"/></svg>
<h1>${heading}</h1><p>${escapeMarkup(detail)}</p>
<a class="primary" href="${back}">${above === '' ? 'To all files' : 'To the folder above'}</a></div>
</main>
</body></html>
`;
}

/** Of what was asked for; of nothing, if it is written in no way that a name is. */
function namedBy(target: string): { name: string; base: string } {
  try {
    const { name, base } = parseTarget(target);
    return { base, name: name.length > NAME_MAX || name.split('/').includes('') ? '' : name };
  } catch {
    return { name: '', base: '' };
  }
}
