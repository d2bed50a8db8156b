import { escapeMarkup } from '../html.js';
import type { RefusalPage } from '../refusal.js';

export const LOGIN = '.sealift/login';
export const LOGOUT = '.sealift/logout';

/** Styles and drawings of this server, and a form that goes to it. */
const POLICY =
  "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/**
 * Asks for the token. No script.
 * @param next where one wants to go
 * @param problem why one is asked again
 */
export function loginPage(next: string, problem: string | null): RefusalPage {
  const wrong =
    problem === null
      ? ''
      : `<p class="wrong" id="wrong" role="alert"><svg class="icon" aria-hidden="true"><use href="/.sealift/page/icons.svg#damaged"/></svg>${escapeMarkup(problem)}</p>\n`;
  const invalid = problem === null ? '' : ' aria-invalid="true" aria-describedby="wrong"';
  const html = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Log in – Sealift</title>
<link rel="icon" href="/.sealift/page/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/.sealift/page/page.css"><link rel="stylesheet" href="/.sealift/page/login.css"></head>
<body>
<header class="top"><a class="brand" href="/"><svg aria-hidden="true"><use href="/.sealift/page/icons.svg#mark"/></svg>Sealift</a></header>
<main class="gate"><form class="login" method="post" action="/${LOGIN}"><svg class="icon" aria-hidden="true"><use href="/.sealift/page/icons.svg#lock"/></svg>
<h1>Log in</h1><p>Whoever runs this server has given you a token for it, or can.</p>
${wrong}<label for="token">Token</label>
<input id="token" name="token" type="password" required autofocus autocomplete="current-password" autocapitalize="off" spellcheck="false"${invalid}>
<input type="hidden" name="next" value="${escapeMarkup(next)}">
<button class="primary" type="submit">Log in</button></form>
</main>
</body></html>
`;
  return { html, policy: POLICY };
}
