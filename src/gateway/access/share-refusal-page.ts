import { escapeMarkup } from '../html.js';
import { PROBLEM_POLICY } from '../problem-page.js';
import type { ProblemText } from '../problem-text.js';
import type { RefusalPage } from '../refusal.js';

/** For whoever follows a link that opens nothing: why, and no way on, as there is none. */
export function shareRefusalPage({ detail }: ProblemText): RefusalPage {
  const html = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>This link opens nothing – Sealift</title>
<link rel="icon" href="/.sealift/page/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/.sealift/page/page.css"></head>
<body>
<header class="top"><span class="brand"><svg aria-hidden="true"><use href="/.sealift/page/icons.svg#mark"/></svg>Sealift</span></header>
<main><div class="nothing problem"><svg class="icon" aria-hidden="true"><use href="/.sealift/page/icons.svg#lock"/></svg>
<h1>This link opens nothing</h1><p>${escapeMarkup(detail.charAt(0).toUpperCase() + detail.slice(1))}.</p><p>Whoever gave it to you can make another one.</p></div>
</main>
</body></html>
`;
  return { html, policy: PROBLEM_POLICY };
}
