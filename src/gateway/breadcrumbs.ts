import { escapeMarkup } from './html.js';
import { folderPathOf } from './request-target.js';

/** Links to the folders above one, and itself by name. */
export function breadcrumbs(folder: string, base: string): string {
  const segments = folder === '' ? [] : folder.split('/');
  const crumbs = ['', ...segments].map((segment, depth) => {
    const text = depth === 0 ? 'All files' : `<bdi>${escapeMarkup(segment)}</bdi>`;
    if (depth === segments.length) return `<li><span aria-current="page">${text}</span></li>`;
    const path = base + folderPathOf(segments.slice(0, depth).join('/'));
    return `<li><a href="${path}">${text}</a></li>`;
  });
  return crumbs.join('');
}
