import { element } from '../dom.js';
import { digestPair } from './digest-pair.js';
import type { Download, State } from './download.js';
import { detailOf, headlineOf, outcomeOf } from './item-text.js';

const SIGNS = { waiting: '↓', verified: '✓', rejected: '✗', failed: '!', cancelled: '–' };

/** One download in the tray. */
export class TrayItem {
  readonly #sign = element('span', { class: 'sign', 'aria-hidden': 'true' });
  readonly #bar: HTMLProgressElement;
  readonly #headline = element('p', { class: 'headline' });
  readonly #more = element('div', { class: 'more' });
  readonly #cancel: HTMLButtonElement;
  readonly #retry: HTMLButtonElement;
  readonly element: HTMLLIElement;
  /** What is shown; set anew, buttons and selected text would be lost. */
  #shown: State['kind'] | null = null;

  constructor(private readonly download: Download) {
    const { name } = download.file;
    this.#bar = element('progress', { 'aria-label': name, max: '1', value: '0' });
    this.#cancel = element('button', { type: 'button', 'aria-label': `Cancel ${name}` }, 'Cancel');
    this.#cancel.onclick = () => download.cancel();
    this.#retry = element('button', { type: 'button' });
    this.#retry.onclick = () => void download.retry();
    this.element = element(
      'li',
      { class: 'download' },
      this.#sign,
      element('div', { class: 'about' }, element('bdi', {}, name), this.#headline, this.#bar, this.#more),
      element('div', { class: 'actions' }, this.#cancel, this.#retry),
    );
    this.show();
  }

  show(): void {
    const { state } = this.download;
    const outcome = outcomeOf(state);
    this.#headline.textContent = headlineOf(state);
    if (state.kind === 'running') {
      // An empty file is complete at once.
      this.#bar.max = Math.max(1, state.size);
      this.#bar.value = state.size === 0 ? 1 : state.received;
    }
    if (state.kind === this.#shown) return;
    this.#shown = state.kind;
    this.element.dataset.outcome = outcome;
    this.#sign.textContent = SIGNS[outcome];
    this.#bar.hidden = outcome !== 'waiting';
    this.#more.replaceChildren(...this.#moreOf(state));
    this.#showActions(state);
  }

  #showActions(state: State): void {
    const hadFocus = this.element.contains(document.activeElement);
    this.#cancel.hidden = outcomeOf(state) !== 'waiting';
    this.#retry.hidden = state.kind !== 'failed' || state.failure.kind === 'too-large';
    const word =
      state.kind === 'failed' && state.failure.kind === 'changed' ? 'Get the new version' : 'Try again';
    this.#retry.textContent = word;
    this.#retry.ariaLabel = `${word}: ${this.download.file.name}`;
    // A button that goes away under the keyboard's focus hands it to the one that comes.
    const [next] = [this.#cancel, this.#retry].filter(({ hidden }) => !hidden);
    if (hadFocus) next?.focus();
  }

  #moreOf(state: State): HTMLElement[] {
    const detail = detailOf(state);
    const parts: HTMLElement[] = detail === '' ? [] : [element('p', {}, detail)];
    if (state.kind !== 'failed') return parts;
    const { failure } = state;
    if (failure.kind === 'damaged') parts.push(digestPair(failure.expected, failure.received));
    if (failure.kind === 'unverifiable' || failure.kind === 'too-large') parts.push(...this.#plainLink());
    return parts;
  }

  /** Where the page cannot verify: the link, said plainly, and what to compare with. */
  #plainLink(): HTMLElement[] {
    const { href, md5 } = this.download.file;
    const link = element('a', { href, download: '' }, 'Download without verification');
    const known =
      md5 === null ? [' The server does not know its MD5 yet.'] : [' Compare MD5 ', element('code', {}, md5)];
    return [element('p', {}, link, '. The browser will not check what arrives.', ...known)];
  }
}
