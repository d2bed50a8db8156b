import { element, part } from './dom.js';
import { createDownloads } from './download/downloads.js';
import type { FileEntry } from './entry.js';
import { FolderView } from './folder-view.js';
import { Preview } from './preview.js';
import { remoteFile } from './preview-content.js';
import { makeRow, type RowActions } from './row.js';
import { Selection } from './selection.js';
import { readSentPage } from './sent-page.js';
import { Table } from './table.js';
import { watchUnhashed } from './unhashed.js';

const sent = readSentPage();
const downloads = createDownloads(part('#downloads'));
const download = (files: FileEntry[]) => void downloads.add(files.map(remoteFile));

const actions: RowActions = {
  open: (file) => preview.open(file, table.entries),
  download: (file) => download([file]),
  pick: (entry, isPicked, isRange) => selection.pick(entry, isPicked, isRange, table.entries),
  isPicked: (entry) => selection.has(entry),
};
const table: Table = new Table((entry) => makeRow(entry, { folder: sent.folder, text: view.text }, actions));
const preview = new Preview(
  (file) => download([file]),
  (file) => table.focus(file),
);
const selection: Selection = new Selection(showPicked, download);
const view: FolderView = new FolderView(sent, table, showPicked);

const pickAll = element('input', { type: 'checkbox', 'aria-label': 'Select all that are shown' });
pickAll.addEventListener('click', () => selection.pickAll(table.entries, pickAll.checked));
part('#files thead .pick').append(element('label', {}, pickAll));

view.begin();
void watchUnhashed(
  () => view.source,
  (changed) => {
    table.renew(changed);
    showPicked();
  },
);
// For the styles, and for whoever waits for it.
document.documentElement.dataset.scripted = '';

function showPicked(): void {
  table.showPicked((entry) => selection.has(entry));
  const isAll = selection.count > 0 && table.entries.every((entry) => selection.covers(entry));
  pickAll.checked = isAll;
  pickAll.indeterminate = selection.count > 0 && !isAll;
}
