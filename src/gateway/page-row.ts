import type { Child } from './folder.js';
import { escapeMarkup } from './html.js';
import { encodeSegment } from './request-target.js';
import { httpDate } from './validators.js';

const UNITS = ['kB', 'MB', 'GB', 'TB', 'PB'];

export interface RowFolder {
  /** How much of the name, up to a slash, is the page's folder. */
  below: number;
  /** What paths on this server begin with. */
  base: string;
}

/**
 * One row of the page's table, as it shows without scripts; the script makes its own of `data-entry`.
 */
export function pageRow({ child, json }: { child: Child; json: object }, { below, base }: RowFolder): string {
  const name = child.name.slice(below);
  const [link = '', ...facts] = child.kind === 'folder' ? folderCells(name) : fileCells(child, name);
  const named = iconOf(child.kind, base) + link;
  const data = escapeMarkup(JSON.stringify(json));
  return `<tr role="row" data-entry="${data}"><td role="cell" class="pick"></td><td role="cell" class="name">${named}</td>${facts.join('')}<td role="cell" class="act"></td></tr>\n`;
}

function folderCells(name: string): string[] {
  return [
    `<a href="${linkTo(name)}/"><bdi>${escapeMarkup(name)}</bdi></a>`,
    cell('size', ''),
    cell('type', 'Folder'),
    cell('date', ''),
    cell('md5', ''),
  ];
}

function fileCells(child: Child & { kind: 'file' }, name: string): string[] {
  const shown = `<bdi>${escapeMarkup(name)}</bdi>`;
  const date = httpDate(child.mtime) === undefined ? '' : new Date(child.mtime).toISOString();
  const digest =
    child.md5 === null ? 'not hashed yet' : `<code title="${child.md5}">${child.md5.slice(0, 8)}</code>`;
  return [
    child.rotten ? shown : `<a href="${linkTo(name)}">${shown}</a>`,
    cell('size', `<span title="${child.size} bytes">${sizeOf(child.size)}</span>`),
    cell('type', escapeMarkup(child.type)),
    cell('date', date === '' ? '' : `<time datetime="${date}">${date.slice(0, 10)}</time>`),
    cell('md5', child.rotten ? '<strong class="damaged">damaged</strong>' : digest),
  ];
}

/** From the folder that the page is of. A name with a colon in it is not to be taken for an address. */
function linkTo(name: string): string {
  return `./${name.split('/').map(encodeSegment).join('/')}`;
}

function iconOf(name: string, base: string): string {
  return `<svg class="icon" aria-hidden="true"><use href="${base}/.sealift/page/icons.svg#${name}"/></svg>`;
}

function cell(name: string, content: string): string {
  return `<td role="cell" class="${name}">${content}</td>`;
}

function sizeOf(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  let value = bytes;
  let unit = -1;
  // From 999.5 on it would be shown as 1000 of the smaller unit.
  for (; value >= 999.5 && unit < UNITS.length - 1; unit++) value /= 1_000;
  return `${value.toPrecision(3)} ${UNITS[unit]}`;
}
