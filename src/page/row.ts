import { copyFrom } from './copy.js';
import { button, element, icon } from './dom.js';
import { type Entry, type FileEntry, folderOf, folderPath, hrefOf, segmentOf } from './entry.js';
import { formatCount, formatDate, formatSize, isoDate } from './format.js';
import { kindOf, labelOf } from './kinds.js';
import { splitAtMatch } from './matching.js';

/** What can be done with a row. */
export interface RowActions {
  /** A plain click, or Enter, on the name of a file. */
  open(file: FileEntry): void;
  download(file: FileEntry): void;
  /** @param isRange all from the one picked before */
  pick(entry: Entry, isPicked: boolean, isRange: boolean): void;
  isPicked(entry: Entry): boolean;
}

/** What rows are seen from. */
export interface RowContext {
  folder: string;
  /** What is searched for: results say which folder they are in. */
  text: string;
}

/** One row of the table. */
export function makeRow(entry: Entry, context: RowContext, actions: RowActions): HTMLTableRowElement {
  const isDamaged = entry.kind === 'file' && entry.rotten === true;
  const row = element('tr', { role: 'row', ...(isDamaged ? { class: 'is-damaged' } : {}) });
  row.append(
    cell('pick', ...(isDamaged ? [] : [checkbox(entry, actions)])),
    cell('name', icon(isDamaged ? 'damaged' : kindOf(entry)), nameOf(entry, context, actions, isDamaged)),
    ...(entry.kind === 'file'
      ? factsOf(entry)
      : [cell('size'), cell('type', 'Folder'), cell('date'), cell('md5')]),
    cell('act', ...(entry.kind === 'file' && !isDamaged ? [downloadButton(entry, actions)] : [])),
  );
  return row;
}

function nameOf(
  entry: Entry,
  { folder, text }: RowContext,
  actions: RowActions,
  isDamaged: boolean,
): HTMLElement {
  const [before, match, rest] = splitAtMatch(segmentOf(entry.name), text);
  const name = element('bdi', {}, before, ...(match === '' ? [] : [element('mark', {}, match)]), rest);
  const wrap = element('span', { class: 'names' });
  if (isDamaged) wrap.append(element('span', { class: 'link', title: entry.name }, name));
  else {
    const link = element('a', { class: 'link', href: hrefOf(entry), title: segmentOf(entry.name) }, name);
    if (entry.kind === 'file') {
      link.addEventListener('click', (event) => {
        // Whoever wants another tab or a plain download has it.
        if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
        event.preventDefault();
        actions.open(entry);
      });
    }
    wrap.append(link);
  }
  const parent = folderOf(entry.name);
  if (parent !== folder) {
    const path = parent.slice(folder === '' ? 0 : folder.length + 1);
    wrap.append(
      element(
        'a',
        { class: 'where', href: folderPath(parent) },
        element('span', { class: 'unseen' }, 'in '),
        element('bdi', {}, path),
      ),
    );
  }
  return wrap;
}

function factsOf(file: FileEntry): HTMLElement[] {
  const date = isoDate(file.mtime);
  return [
    cell('size', element('span', { title: `${formatCount(file.size)} bytes` }, formatSize(file.size))),
    cell('type', element('span', { title: file.type }, labelOf(file))),
    cell(
      'date',
      element('time', { datetime: date, title: date.replace('T', ' ').slice(0, 19) }, formatDate(file.mtime)),
    ),
    cell('md5', digestOf(file)),
  ];
}

function digestOf(file: FileEntry): HTMLElement {
  if (file.rotten) {
    const title = 'Its bytes on the server changed by themselves. It is not handed out.';
    return element('strong', { class: 'damaged', title }, 'damaged');
  }
  const { md5 } = file;
  if (md5 === null) return element('span', { class: 'hashing' }, 'hashing…');
  const label = `Copy the MD5 of ${segmentOf(file.name)}`;
  const made = button(
    { class: 'digest', title: `MD5 ${md5}\nClick to copy`, 'aria-label': `${label}: ${md5.slice(0, 8)}` },
    () => void copyFrom(made, md5),
    element('code', {}, md5.slice(0, 8)),
  );
  return made;
}

function checkbox(entry: Entry, actions: RowActions): HTMLElement {
  const box = element('input', {
    type: 'checkbox',
    'aria-label': `Select ${segmentOf(entry.name)}`,
  });
  box.checked = actions.isPicked(entry);
  box.addEventListener('click', ({ shiftKey }) => actions.pick(entry, box.checked, shiftKey));
  return element('label', {}, box);
}

function downloadButton(file: FileEntry, actions: RowActions): HTMLElement {
  const label = `Download verified: ${segmentOf(file.name)}`;
  return button(
    { class: 'fetch', title: 'Download verified', 'aria-label': label },
    () => actions.download(file),
    icon('download'),
  );
}

function cell(name: string, ...content: (Node | string)[]): HTMLTableCellElement {
  return element('td', { role: 'cell', class: name }, ...content);
}
