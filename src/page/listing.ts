import { type Entry, folderPath } from './entry.js';

export interface ListingPage {
  entries: Entry[];
  /** `after` of the next one, or null at the end. */
  next: string | null;
}

interface ListingQuery {
  after?: string | null;
  /** Of all that is below the folder: files with this in their name. */
  search?: string | null;
  signal?: AbortSignal;
}

/** Asks the server for what stands in a folder, up to 1,000 entries. */
async function fetchPage(folder: string, { after, search, signal }: ListingQuery): Promise<ListingPage> {
  const query = new URLSearchParams();
  if (typeof search === 'string') query.set('search', search);
  if (typeof after === 'string') query.set('after', after);
  const response = await fetch(`${folderPath(folder)}?${query}`, {
    headers: { Accept: 'application/json' },
    // The page itself is under the same address.
    cache: 'no-store',
    ...(signal ? { signal } : {}),
  });
  if (!response.ok) throw new ListingError(response.status);
  return (await response.json()) as ListingPage;
}

/** The server answered, and refused. */
export class ListingError extends Error {
  constructor(readonly status: number) {
    super(`the server answered ${status}`);
  }
}

/** A listing that comes page by page, and stays as current as it is asked to. */
export class PagedListing {
  readonly entries: Entry[] = [];
  readonly #pages: { after: string | null; first: number; count: number }[] = [];
  #next: string | null;
  #hasAll = false;
  error: unknown = null;

  /**
   * @param search null: what stands in the folder; else files below it
   * @param max entries that are kept: what is behind them is not asked for
   */
  constructor(
    readonly folder: string,
    readonly search: string | null,
    private readonly max: number,
    after: string | null = null,
  ) {
    this.#next = after;
  }

  /** The server has no more. */
  get isWhole(): boolean {
    return this.#hasAll;
  }

  /** There is more than is kept. */
  get isCut(): boolean {
    return !this.#hasAll && this.entries.length >= this.max;
  }

  /** A page that came another way. */
  add({ entries, next }: ListingPage): void {
    this.#pages.push({ after: this.#next, first: this.entries.length, count: entries.length });
    for (const entry of entries) this.entries.push(entry);
    this.#next = next;
    this.#hasAll = next === null;
  }

  /** Asks for all that is missing; `onPage` follows each page. What goes wrong is in `error`. */
  async load(onPage: () => void, signal?: AbortSignal): Promise<void> {
    this.error = null;
    try {
      while (!this.#hasAll && !this.isCut) {
        this.add(await this.#fetch(this.#next, signal));
        if (!this.#hasAll) onPage();
      }
    } catch (error) {
      if (!signal?.aborted) this.error = error;
    }
    if (!signal?.aborted) onPage();
  }

  /** Asks again for the first page with a file that is not hashed; resolves with the entries that changed, null if all are hashed. */
  async refresh(signal?: AbortSignal): Promise<Entry[] | null> {
    const at = this.entries.findIndex((entry) => entry.kind === 'file' && isUnhashed(entry));
    const page = this.#pages.find(({ first, count }) => at >= first && at < first + count);
    if (page === undefined) return null;
    const { entries } = await this.#fetch(page.after, signal);
    const byName = new Map(entries.map((entry) => [entry.name, entry]));
    const changed: Entry[] = [];
    for (const entry of this.entries.slice(page.first, page.first + page.count)) {
      const now = byName.get(entry.name);
      if (now?.kind !== 'file' || entry.kind !== 'file' || !isUnhashed(entry) || isUnhashed(now)) continue;
      Object.assign(entry, now);
      changed.push(entry);
    }
    return changed;
  }

  #fetch(after: string | null, signal?: AbortSignal): Promise<ListingPage> {
    return fetchPage(this.folder, { search: this.search, after, ...(signal ? { signal } : {}) });
  }
}

function isUnhashed({ md5, rotten }: Entry & { kind: 'file' }): boolean {
  return md5 === null && !rotten;
}
