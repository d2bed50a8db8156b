import { button, icon, part } from './dom.js';
import { type Entry, segmentOf } from './entry.js';
import { PagedListing } from './listing.js';
import { matcher } from './matching.js';

const DEBOUNCE_MS = 180;
/** Results that are kept: who sees so many will go on typing. */
const FOUND_MAX = 5_000;

/** What is searched for: the folder's own names at once, those below as the server finds them. */
export class Search {
  readonly #field = part('#search') as HTMLInputElement;
  #found: PagedListing | null = null;
  #request = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param onChange with true while the server is searching */
  constructor(
    private readonly folder: string,
    private readonly onChange: (isSearching: boolean) => void,
  ) {
    this.#field.addEventListener('input', () => this.#begin(DEBOUNCE_MS));
    this.#field.form?.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#begin(0);
    });
    const clear = button({ 'aria-label': 'Clear the search' }, () => this.clear(), icon('close'));
    this.#field.after(clear);
    document.addEventListener('keydown', (event) => this.#onKey(event));
  }

  /** Empty: nothing is searched for. */
  get text(): string {
    return this.#field.value.trim();
  }

  get found(): PagedListing | null {
    return this.#found;
  }

  /** Results that came with the page. */
  adopt(found: PagedListing): void {
    this.#found = found;
    void this.#load(found);
  }

  retry(): void {
    this.#begin(0);
  }

  clear(): void {
    this.#field.value = '';
    this.#field.focus();
    this.#begin(0);
  }

  /** What there is to see of it, of what the folder holds and what the server has found. */
  results(inFolder: readonly Entry[]): Entry[] {
    const matches = matcher(this.text);
    const here = inFolder.filter(({ name }) => matches(segmentOf(name)));
    if (!this.#found) return here;
    // The server finds files, of the folder itself too. Those that are known already stay the same ones.
    const known = new Map(here.map((entry) => [entry.name, entry]));
    // Until it has found all, or if it is gone, what is known stays.
    if (!this.#found.isWhole) return [...here, ...this.#found.entries.filter(({ name }) => !known.has(name))];
    const files = this.#found.entries.map((entry) => known.get(entry.name) ?? entry);
    return [...here.filter(({ kind }) => kind === 'folder'), ...files];
  }

  #begin(delay: number): void {
    this.#request.abort();
    this.#request = new AbortController();
    clearTimeout(this.#timer);
    this.#found = null;
    const { text } = this;
    const url = new URL(location.href);
    url.searchParams.delete('after');
    if (text === '') url.searchParams.delete('search');
    else url.searchParams.set('search', text);
    history.replaceState(null, '', url);
    this.onChange(text !== '');
    if (text !== '') {
      this.#timer = setTimeout(() => void this.#load(new PagedListing(this.folder, text, FOUND_MAX)), delay);
    }
  }

  async #load(found: PagedListing): Promise<void> {
    const { signal } = this.#request;
    await found.load(() => {
      this.#found = found;
      this.onChange(!found.isWhole && !found.isCut && found.error === null);
    }, signal);
  }

  #onKey(event: KeyboardEvent): void {
    const target = event.target as HTMLElement;
    const isTyping = target.matches('input:not([type=checkbox]), textarea, select, [contenteditable]');
    if (document.querySelector('dialog[open]')) return;
    if (event.key === '/' && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      this.#field.focus();
      this.#field.select();
    } else if (event.key === 'Escape' && target === this.#field && this.#field.value !== '') {
      event.preventDefault();
      this.clear();
    } else if (event.key === 'ArrowDown' && target === this.#field) {
      const first = document.querySelector<HTMLElement>('#files tbody a.link');
      if (!first) return;
      event.preventDefault();
      first.focus();
    }
  }
}
