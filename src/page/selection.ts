import { announce } from './announce.js';
import { button, element, icon, part } from './dom.js';
import type { Entry, FileEntry } from './entry.js';
import { formatCount, formatSize, plural } from './format.js';
import { PagedListing } from './listing.js';

/** Files of one folder that are taken along: beyond it takes a client of its own. */
const BELOW_MAX = 20_000;

interface Picked {
  entry: Entry;
  /** Null while the files below a folder are looked up. */
  files: FileEntry[] | null;
  /** Ends the looking up. */
  stop: AbortController;
  /** Not all that is below could be taken along. */
  isPartial?: boolean;
}

/** What is picked, by name, and the bar that says so. A folder stands for all files below it. */
export class Selection {
  readonly #picked = new Map<string, Picked>();
  readonly #bar = part('#selection');
  readonly #text = element('p');
  readonly #download: HTMLButtonElement;
  /** Where a range begins. */
  #anchor: string | null = null;

  /** @param onChange after one or many were picked or let go */
  constructor(
    private readonly onChange: () => void,
    download: (files: FileEntry[]) => void,
  ) {
    this.#download = button(
      { class: 'primary' },
      () => download(this.files),
      icon('download'),
      'Download verified',
    );
    const clear = button({ class: 'quiet' }, () => this.clear(), 'Clear');
    this.#bar.append(this.#text, clear, this.#download);
  }

  get count(): number {
    return this.#picked.size;
  }

  get files(): FileEntry[] {
    const byName = new Map<string, FileEntry>();
    for (const { files } of this.#picked.values())
      for (const file of files ?? []) byName.set(file.name, file);
    return [...byName.values()].filter(({ rotten }) => !rotten);
  }

  has({ name }: Entry): boolean {
    return this.#picked.has(name);
  }

  /** It is picked, or cannot be. */
  covers(entry: Entry): boolean {
    return this.has(entry) || (entry.kind === 'file' && entry.rotten === true);
  }

  /** @param shown what a range is taken from */
  pick(entry: Entry, isPicked: boolean, isRange: boolean, shown: readonly Entry[]): void {
    const at = shown.findIndex(({ name }) => name === entry.name);
    const from = isRange ? shown.findIndex(({ name }) => name === this.#anchor) : -1;
    const range = from < 0 ? [entry] : shown.slice(Math.min(at, from), Math.max(at, from) + 1);
    this.#anchor = entry.name;
    this.pickAll(range, isPicked);
  }

  pickAll(entries: readonly Entry[], isPicked: boolean): void {
    for (const entry of entries) {
      if (!isPicked) this.#drop(entry.name);
      else if (!this.covers(entry)) this.#add(entry);
    }
    this.#tell();
  }

  clear(): void {
    for (const name of [...this.#picked.keys()]) this.#drop(name);
    this.#tell();
    part('#files').focus({ preventScroll: true });
  }

  #add(entry: Entry): void {
    const picked: Picked = {
      entry,
      files: entry.kind === 'file' ? [entry] : null,
      stop: new AbortController(),
    };
    this.#picked.set(entry.name, picked);
    if (entry.kind === 'folder') void this.#lookUp(picked);
  }

  #drop(name: string): void {
    this.#picked.get(name)?.stop.abort();
    this.#picked.delete(name);
  }

  async #lookUp(picked: Picked): Promise<void> {
    // Before the click that begins the download: a picker of files opens only right after one.
    const below = new PagedListing(picked.entry.name, '', BELOW_MAX);
    await below.load(() => {}, picked.stop.signal);
    if (picked.stop.signal.aborted) return;
    picked.files = below.entries.filter((entry) => entry.kind === 'file');
    picked.isPartial = !below.isWhole;
    this.#tell();
  }

  #tell(): void {
    const all = [...this.#picked.values()];
    const isCounting = all.some(({ files }) => files === null);
    const { files } = this;
    const size = formatSize(files.reduce((sum, file) => sum + file.size, 0));
    const what = isCounting ? 'counting…' : `${plural(files.length, 'file')}, ${size}`;
    const part = all.some(({ isPartial }) => isPartial) ? ' (not all of them)' : '';
    this.#text.replaceChildren(
      element('strong', {}, `${formatCount(this.count)} selected`),
      element('span', {}, what + part),
    );
    this.#download.disabled = isCounting || files.length === 0;
    this.#bar.hidden = this.count === 0;
    announce(`${formatCount(this.count)} selected, ${what}${part}`);
    this.onChange();
  }
}
