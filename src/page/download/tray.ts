import { element } from '../dom.js';
import { formatSize } from '../format.js';
import { canWriteToDisk, MEMORY_LIMIT } from './destinations.js';
import type { Download } from './download.js';
import { countsOf, headlineOf, outcomeOf } from './item-text.js';
import { throttle } from './throttle.js';
import { TrayItem } from './tray-item.js';

const COUNT_MS = 100;

/** Shows downloads, and tells of them. It is empty while there are none. */
export class Tray {
  readonly #items = new Map<Download, TrayItem>();
  /** Can be scrolled by keyboard also where there is no button in it. */
  readonly #list = element('ul', { id: 'downloads-list', 'aria-label': 'Downloads', tabindex: '0' });
  readonly #tally = element('p', { class: 'tally', role: 'status' });
  /** Heard at once. */
  readonly #alert = element('p', { class: 'unseen', role: 'alert' });
  readonly #fold = element('button', { type: 'button', 'aria-expanded': 'true' }, 'Hide list');
  readonly #clear = element('button', { type: 'button' }, 'Clear finished');
  readonly #note = element('p', { class: 'note' });
  /** All are counted, for each change of thousands. */
  readonly #counting = throttle(COUNT_MS, () => this.#count());
  /** What had the focus before there was a tray. */
  #focusBefore: Element | null = null;

  constructor(private readonly section: HTMLElement) {
    this.#fold.setAttribute('aria-controls', 'downloads-list');
    this.#fold.onclick = () => this.#setFolded(!this.#list.hidden);
    this.#clear.onclick = () => this.#clearFinished();
  }

  add(downloads: readonly Download[]): void {
    if (this.#items.size === 0) this.#fill();
    for (const download of downloads) {
      const item = new TrayItem(download);
      this.#items.set(download, item);
      this.#list.append(item.element);
    }
    this.#setFolded(false);
    this.#counting.call();
  }

  /** To be called whenever a download's state changes. */
  update(download: Download): void {
    const item = this.#items.get(download);
    if (item === undefined) return;
    item.show();
    const outcome = outcomeOf(download.state);
    if (outcome === 'waiting') return this.#counting.call();
    if (outcome === 'rejected' || outcome === 'failed') {
      this.#alert.textContent = `${download.file.name}: ${headlineOf(download.state)}`;
      this.#setFolded(false);
      // Not into view: what is read on the page stays where it is.
      this.#list.scrollTop = item.element.offsetTop - this.#list.offsetTop;
    }
    this.#counting.call();
  }

  #fill(): void {
    this.#focusBefore = document.activeElement;
    this.#note.textContent = canWriteToDisk()
      ? 'Each file is hashed while it arrives, and gets its name only if its MD5 is the announced one.'
      : `This browser holds each file in memory until its MD5 is verified: up to ${formatSize(MEMORY_LIMIT)} at once.`;
    const head = element(
      'div',
      { class: 'head' },
      element('h2', {}, 'Downloads'),
      this.#tally,
      this.#fold,
      this.#clear,
    );
    this.section.replaceChildren(head, this.#note, this.#list, this.#alert);
  }

  #count(): void {
    const states = [...this.#items.keys()].map(({ state }) => state);
    const counts = countsOf(states);
    // Only what changed: a live region is read out each time.
    if (this.#tally.textContent !== counts.map(({ text }) => text).join(', ')) {
      const shown = counts.map(({ outcome, text }) => element('span', { 'data-outcome': outcome }, text));
      this.#tally.replaceChildren(...shown.flatMap((span, nth) => (nth === 0 ? [span] : [', ', span])));
    }
    this.#clear.hidden = states.every((state) => outcomeOf(state) === 'waiting');
  }

  #setFolded(isFolded: boolean): void {
    this.#list.hidden = isFolded;
    this.#note.hidden = isFolded;
    this.#fold.ariaExpanded = String(!isFolded);
    this.#fold.textContent = isFolded ? 'Show list' : 'Hide list';
  }

  #clearFinished(): void {
    for (const [download, item] of this.#items) {
      if (download.isUnderWay) continue;
      this.#items.delete(download);
      item.element.remove();
    }
    this.#alert.textContent = '';
    if (this.#items.size === 0) this.section.replaceChildren();
    else this.#counting.call();
    // The button that had the focus is gone.
    const next = this.#items.size === 0 ? this.#focusBefore : this.#fold;
    if (next instanceof HTMLElement && next.isConnected) next.focus();
  }
}
