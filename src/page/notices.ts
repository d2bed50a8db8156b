import { BASE } from './base.js';
import { button, element, icon } from './dom.js';
import { formatCount } from './format.js';
import { ListingError } from './listing.js';
import { quoted } from './summary.js';

const TEXTS: Record<number, string> = {
  401: 'You are not logged in any more.',
  403: 'This is not open to you any more.',
  404: 'This folder is not there any more.',
};

/** What is wrong with what is shown, if anything is. */
export function noticeOf({
  error,
  isCut,
  shown,
  retry,
}: {
  error: unknown;
  /** There is more than is shown. */
  isCut: boolean;
  shown: number;
  retry: () => void;
}): HTMLElement[] {
  const notices: HTMLElement[] = [];
  if (error !== null) {
    const text =
      error instanceof ListingError
        ? (TEXTS[error.status] ?? 'The server could not answer.')
        : 'The server does not answer. What is shown may be out of date.';
    const mayLogIn = error instanceof ListingError && error.status === 401 && BASE === '';
    const again = mayLogIn
      ? button({ class: 'quiet' }, () => location.reload(), 'Log in')
      : button({ class: 'quiet' }, retry, 'Try again');
    notices.push(
      element(
        'div',
        { class: 'notice is-bad', role: 'alert' },
        // A drawing would have to come from the server.
        element('span', { class: 'sign', 'aria-hidden': 'true' }, '!'),
        element('p', {}, text),
        again,
      ),
    );
  }
  if (isCut) {
    const text = `There are more: the first ${formatCount(shown)} are shown. A search finds the others.`;
    notices.push(element('div', { class: 'notice' }, element('p', {}, text)));
  }
  return notices;
}

/** In the place of rows. */
export function nothingOf(text: string, clear: () => void): HTMLElement {
  if (text === '') {
    const hint = element('span', {}, 'Files put into the served folder appear here.');
    return element(
      'p',
      { class: 'nothing' },
      icon('folder'),
      element('strong', {}, 'Nothing here yet'),
      hint,
    );
  }
  const again = button({ class: 'quiet' }, clear, 'Clear the search');
  const what = element('strong', {}, `Nothing found for ${quoted(text)}`);
  return element(
    'p',
    { class: 'nothing' },
    icon('search'),
    what,
    element('span', {}, 'In no name here or below.'),
    again,
  );
}
