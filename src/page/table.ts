import { element, part } from './dom.js';
import type { Entry } from './entry.js';

/** Rows that are made at a time: more come as one scrolls towards them. */
const STEP = 200;
const AHEAD = '1500px';

/** The rows that are shown. However many there are, no more are made than one has scrolled to. */
export class Table {
  #entries: readonly Entry[] = [];
  #drawn = 0;
  /** Kept while they are shown, so that focus and what is picked stay. */
  #rows = new Map<Entry, HTMLTableRowElement>();
  readonly #table = part('#files');
  readonly #body = part('#files tbody');

  constructor(private readonly make: (entry: Entry) => HTMLTableRowElement) {
    const sentinel = part('#more');
    new IntersectionObserver(
      (seen) => seen.some(({ isIntersecting }) => isIntersecting) && this.#drawMore(sentinel),
      {
        rootMargin: AHEAD,
      },
    ).observe(sentinel);
    this.#body.addEventListener('keydown', (event) => this.#onKey(event));
  }

  /** In the order in which they are shown. */
  get entries(): readonly Entry[] {
    return this.#entries;
  }

  /** @param isSame it is what was shown, and more of it: as many rows stay as were there */
  show(entries: readonly Entry[], isSame: boolean): void {
    const wanted = entries.slice(0, Math.max(STEP, isSame ? this.#drawn : 0));
    this.#entries = entries;
    const focused = document.activeElement as HTMLElement | null;
    const rows = new Map(
      wanted.map((entry) => [entry, (isSame && this.#rows.get(entry)) || this.make(entry)]),
    );
    this.#rows = rows;
    this.#drawn = wanted.length;
    this.#body.replaceChildren(...rows.values());
    this.#number(0);
    if (focused?.isConnected && this.#body.contains(focused)) focused.focus({ preventScroll: true });
  }

  /** Makes rows anew, for entries that changed. */
  renew(entries: Iterable<Entry>): void {
    for (const entry of entries) {
      const row = this.#rows.get(entry);
      if (!row) continue;
      const fresh = this.make(entry);
      fresh.ariaRowIndex = row.ariaRowIndex;
      const hadFocus = row.contains(document.activeElement);
      row.replaceWith(fresh);
      this.#rows.set(entry, fresh);
      if (hadFocus) linkIn(fresh)?.focus({ preventScroll: true });
    }
  }

  showPicked(isPicked: (entry: Entry) => boolean): void {
    for (const [entry, row] of this.#rows) {
      const box = row.querySelector('input');
      row.classList.toggle('is-picked', isPicked(entry));
      if (box) box.checked = isPicked(entry);
    }
  }

  focus(entry: Entry): void {
    linkIn(this.#rows.get(entry))?.focus();
  }

  #drawMore(sentinel: HTMLElement): void {
    if (this.#drawn >= this.#entries.length) return;
    const first = this.#drawn;
    const added = this.#entries.slice(first, first + STEP);
    for (const entry of added) this.#rows.set(entry, this.make(entry));
    this.#body.append(...added.map((entry) => this.#rows.get(entry) as HTMLTableRowElement));
    this.#drawn += added.length;
    this.#number(first);
    // Whoever scrolled past all of them at once is told of by no further crossing.
    requestAnimationFrame(() => {
      if (sentinel.getBoundingClientRect().top < 2 * window.innerHeight) this.#drawMore(sentinel);
    });
  }

  #number(first: number): void {
    // Counted with the row of headers.
    this.#table.ariaRowCount = String(this.#entries.length + 1);
    for (let at = first; at < this.#drawn; at++) {
      const row = this.#rows.get(this.#entries[at] as Entry);
      if (row) row.ariaRowIndex = String(at + 2);
    }
  }

  #onKey(event: KeyboardEvent): void {
    const target = event.target as HTMLElement;
    const row = target.closest('tr');
    if (!row || event.ctrlKey || event.metaKey || event.altKey) return;
    const others = { ArrowDown: row.nextElementSibling, ArrowUp: row.previousElementSibling };
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      const other = others[event.key];
      if (!other) return;
      event.preventDefault();
      linkIn(other)?.focus();
    } else if (event.key === ' ' && target.matches('a, .link')) {
      event.preventDefault();
      const box = row.querySelector('input');
      box?.dispatchEvent(
        new MouseEvent('click', { shiftKey: event.shiftKey, bubbles: true, cancelable: true }),
      );
    }
  }
}

/** What of a row takes the focus first; a damaged file has nothing else. */
function linkIn(row: Element | undefined): HTMLElement | null {
  const link = row?.querySelector<HTMLElement>('.link') ?? null;
  if (link && link.tagName !== 'A') link.tabIndex = -1;
  return link;
}

/** Column headers that sort. */
export function sortButtons(
  onSort: (key: string) => void,
  keys: readonly string[],
): (key: string, descending: boolean) => void {
  const heads = new Map(keys.map((key) => [key, part(`#files th.${key}`)]));
  for (const [key, head] of heads) {
    const made = element('button', { type: 'button' }, ...head.childNodes);
    made.addEventListener('click', () => onSort(key));
    head.replaceChildren(made);
  }
  return (key, descending) => {
    for (const [of, head] of heads)
      head.ariaSort = of === key ? (descending ? 'descending' : 'ascending') : null;
  };
}
