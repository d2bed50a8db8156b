import { announce } from './announce.js';
import { part } from './dom.js';
import { createDownloads } from './download/downloads.js';
import type { Entry, FileEntry } from './entry.js';
import { formatSize, plural } from './format.js';
import { PagedListing } from './listing.js';
import { noticeOf, nothingOf } from './notices.js';
import { Preview } from './preview.js';
import { remoteFile } from './preview-content.js';
import { makeRow } from './row.js';
import { Search } from './search.js';
import { Selection } from './selection.js';
import { type SortKey, type SortOrder, sortEntries } from './sort.js';
import { sortButtons, Table } from './table.js';

/** Entries of one folder that are kept. */
const ENTRIES_MAX = 200_000;
const SORT_KEYS: readonly SortKey[] = ['name', 'size', 'type', 'date'];
/** How often those that are not hashed yet are asked for again. */
const REFRESH_MS = { first: 1_500, last: 15_000 };

const { folder = '', after = null, next = null, searched = null } = document.body.dataset as {
  folder?: string;
  after?: string | null;
  next?: string | null;
  searched?: string | null;
};
document.documentElement.dataset.scripted = '';

const sentEntries = [...document.querySelectorAll<HTMLElement>('#files tbody tr')].map(
  ({ dataset }) => JSON.parse(dataset.entry as string) as Entry,
);
const listing = new PagedListing(folder, null, ENTRIES_MAX, searched === null ? after : null);
const downloads = createDownloads(part('#downloads'));
const download = (files: FileEntry[]) => void downloads.add(files.map(remoteFile));

const table: Table = new Table((entry) =>
  makeRow(entry, { folder, text: search.text }, {
    open: (file) => preview.open(file, table.entries),
    download: (file) => download([file]),
    pick: (picked, isPicked, isRange) => selection.pick(picked, isPicked, isRange, table.entries),
    isPicked: (picked) => selection.has(picked),
  }),
);
const preview = new Preview(
  (file) => download([file]),
  (file) => table.focus(file),
);
const selection: Selection = new Selection(showPicked, download);
const search = new Search(folder, (isSearching) => show(isSearching));

let order: SortOrder = { key: 'name', descending: false };
let shownText = '';
/** Sorting all of them takes a moment; while they come they stand as they come. */
const isComing = () => search.text === '' && !listing.isWhole && !listing.isCut && listing.error === null;

const markSorted = sortButtons((key) => {
  const isSame = order.key === key;
  // The largest and the latest are what one looks for.
  const descending = isSame ? !order.descending : key === 'size' || key === 'date';
  order = { key: key as SortKey, descending };
  show(false);
  announce(`Sorted by ${key}, ${descending ? 'descending' : 'ascending'}`);
}, SORT_KEYS);

const pickAll = document.createElement('input');
pickAll.type = 'checkbox';
pickAll.ariaLabel = 'Select all that are shown';
pickAll.addEventListener('click', () => selection.pickAll(table.entries, pickAll.checked));
const pickAllLabel = document.createElement('label');
pickAllLabel.append(pickAll);
part('#files thead .pick').append(pickAllLabel);
document.querySelector('.next')?.remove();

if (searched === null) listing.add({ entries: sentEntries, next });
else {
  const found = new PagedListing(folder, searched, ENTRIES_MAX, after);
  found.add({ entries: sentEntries, next });
  search.adopt(found);
}
show(false);
void listing.load(showMore);
void refresh();

/** Shows what there is. */
function show(isSearching: boolean): void {
  const { text } = search;
  const entries = text === '' ? listing.entries : search.results(listing.entries);
  table.show(isComing() ? listing.entries.slice() : sortEntries(entries, order), text === shownText);
  markSorted(isComing() ? '' : order.key, order.descending);
  const error = listing.error ?? search.found?.error ?? null;
  const isCut = text === '' ? listing.isCut : (search.found?.isCut ?? false);
  part('#notice').replaceChildren(...noticeOf({ error, isCut, shown: entries.length, retry }));
  const isBusy = text === '' ? isComing() : isSearching;
  tellCount(isBusy, text);
  document.querySelector('.nothing')?.remove();
  if (entries.length === 0 && !isBusy && error === null) {
    part('#files').after(nothingOf(text, () => search.clear()));
  }
  part('#files').hidden = entries.length === 0;
  shownText = text;
  showPicked();
}

let isShowing = false;
/** Pages come quicker than they need be seen. */
function showMore(): void {
  if (search.text !== '' || isShowing) return;
  if (!isComing()) return show(false);
  isShowing = true;
  setTimeout(() => {
    isShowing = false;
    show(false);
  }, 250);
}

function tellCount(isBusy: boolean, text: string): void {
  const folders = table.entries.filter(({ kind }) => kind === 'folder').length;
  const files = table.entries.length - folders;
  const size = table.entries.reduce((sum, entry) => sum + (entry.kind === 'file' ? entry.size : 0), 0);
  const counts = [
    ...(folders > 0 ? [plural(folders, 'folder')] : []),
    ...(files > 0 || folders === 0 ? [plural(files, 'file')] : []),
  ].join(', ');
  const what = text === '' ? counts : `${counts} found for “${text}”`;
  part('#summary').textContent = [what, ...(files > 0 ? [formatSize(size)] : []), ...(isBusy ? ['looking…'] : [])].join(' · ');
  if (!isBusy && text !== '') announce(what);
}

function showPicked(): void {
  for (const entry of table.entries) {
    const row = table.rowOf(entry);
    if (!row) break;
    const box = row.querySelector('input');
    const isPicked = selection.has(entry);
    if (box) box.checked = isPicked;
    row.classList.toggle('is-picked', isPicked);
  }
  const shown = table.entries;
  pickAll.checked = selection.count > 0 && shown.every((entry) => selection.has(entry) || (entry.kind === 'file' && entry.rotten));
  pickAll.indeterminate = selection.count > 0 && !pickAll.checked;
}

function retry(): void {
  if (search.text !== '') search.retry();
  void listing.load(showMore);
}

/** Looks again, less and less often, until all are hashed. */
async function refresh(): Promise<void> {
  for (let wait = REFRESH_MS.first; ; wait = Math.min(wait * 1.5, REFRESH_MS.last)) {
    await new Promise((resolve) => setTimeout(resolve, wait));
    if (document.hidden) continue;
    const source = search.text === '' ? listing : search.found;
    try {
      const changed = await source?.refresh();
      if (changed?.length) {
        table.renew(changed);
        showPicked();
        wait = REFRESH_MS.first;
      }
    } catch {
      // Whoever asks for something is told that the server is gone.
    }
  }
}
