import type { Entry } from './entry.js';
import { formatSize, plural } from './format.js';

/** Of a long text that is searched for; the field has all of it. */
const TEXT_SHOWN = 60;

/** A text that is searched for, as it is told: `“harbour”`. */
export function quoted(text: string): string {
  const chars = [...text];
  return chars.length <= TEXT_SHOWN ? `“${text}”` : `“${chars.slice(0, TEXT_SHOWN).join('')}…”`;
}

/** What is shown, in a line: `2 folders, 3 files · 1.2 MB`. */
export function summaryOf(entries: readonly Entry[], text: string): string {
  let folders = 0;
  let size = 0;
  for (const entry of entries) {
    if (entry.kind === 'folder') folders++;
    else size += entry.size;
  }
  const files = entries.length - folders;
  const counts = folders > 0 ? [plural(folders, 'folder')] : [];
  if (files > 0 || folders === 0) counts.push(plural(files, 'file'));
  const what = text === '' ? counts.join(', ') : `${counts.join(', ')} found for ${quoted(text)}`;
  return files > 0 ? `${what} · ${formatSize(size)}` : what;
}
