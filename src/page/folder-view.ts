import { announce } from './announce.js';
import { part } from './dom.js';
import { PagedListing } from './listing.js';
import { nothingOf, noticeOf } from './notices.js';
import { Search } from './search.js';
import type { SentPage } from './sent-page.js';
import { type SortKey, type SortOrder, sortEntries } from './sort.js';
import { summaryOf } from './summary.js';
import { sortButtons, type Table } from './table.js';

/** Entries of one folder that are kept. */
const ENTRIES_MAX = 200_000;
/** Pages come quicker than they need be seen. */
const SHOW_EVERY_MS = 250;
const SORT_KEYS: readonly SortKey[] = ['name', 'size', 'type', 'date'];

/** What the table shows of a folder: all of it as it comes, or what a search finds; in which order. */
export class FolderView {
  readonly #listing: PagedListing;
  readonly #search: Search;
  readonly #markSorted: (key: string, descending: boolean) => void;
  #order: SortOrder = { key: 'name', descending: false };
  #shownText = '';
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly sent: SentPage,
    private readonly table: Table,
    private readonly onShown: () => void,
  ) {
    const { folder, searched, after } = sent;
    this.#listing = new PagedListing(folder, null, ENTRIES_MAX, searched === null ? after : null);
    this.#search = new Search(folder, (isSearching) => this.#show(isSearching));
    this.#markSorted = sortButtons((key) => this.#sortBy(key as SortKey), SORT_KEYS);
  }

  /** What is searched for. */
  get text(): string {
    return this.#search.text;
  }

  /** What is shown now is from here. */
  get source(): PagedListing | null {
    return this.text === '' ? this.#listing : this.#search.found;
  }

  /** Takes over what the server sent, and asks for the rest. */
  begin(): void {
    const { folder, searched, after, entries, next } = this.sent;
    document.querySelector('.next')?.remove();
    if (searched === null) this.#listing.add({ entries, next });
    else {
      const found = new PagedListing(folder, searched, ENTRIES_MAX, after);
      found.add({ entries, next });
      this.#search.adopt(found);
    }
    this.#show(false);
    void this.#listing.load(() => this.#showMore());
  }

  /** Sorting all of them takes a moment: while they come, they stand as they come. */
  get #isComing(): boolean {
    const { isWhole, isCut, error } = this.#listing;
    return this.text === '' && !isWhole && !isCut && error === null;
  }

  #show(isSearching: boolean): void {
    const { text, source } = this;
    const isComing = this.#isComing;
    const entries = text === '' ? this.#listing.entries : this.#search.results(this.#listing.entries);
    this.table.show(isComing ? [...entries] : sortEntries(entries, this.#order), text === this.#shownText);
    this.#shownText = text;
    this.#markSorted(isComing ? '' : this.#order.key, this.#order.descending);
    const isBusy = isComing || isSearching;
    this.#showAround(isBusy, source?.error ?? this.#listing.error, source?.isCut ?? false);
    if (!isBusy && text !== '') announce(summaryOf(entries, text));
    this.onShown();
  }

  #showAround(isBusy: boolean, error: unknown, isCut: boolean): void {
    const { text } = this;
    const { entries } = this.table;
    const summary = summaryOf(entries, text);
    part('#summary').textContent = isBusy ? `${summary} · looking…` : summary;
    const retry = () => this.#retry();
    part('#notice').replaceChildren(...noticeOf({ error, isCut, shown: entries.length, retry }));
    document.querySelector('.nothing')?.remove();
    if (entries.length === 0 && !isBusy && error === null) {
      part('#files').after(nothingOf(text, () => this.#search.clear()));
    }
    part('#files').hidden = entries.length === 0;
  }

  #showMore(): void {
    clearTimeout(this.#timer);
    if (this.text !== '') return;
    if (this.#isComing) this.#timer = setTimeout(() => this.#show(false), SHOW_EVERY_MS);
    else this.#show(false);
  }

  #sortBy(key: SortKey): void {
    const isSame = this.#order.key === key;
    // The largest and the latest are what one looks for.
    const descending = isSame ? !this.#order.descending : key === 'size' || key === 'date';
    this.#order = { key, descending };
    this.#show(false);
    announce(`Sorted by ${key}, ${descending ? 'descending' : 'ascending'}`);
  }

  #retry(): void {
    if (this.text !== '') this.#search.retry();
    void this.#listing.load(() => this.#showMore());
  }
}
