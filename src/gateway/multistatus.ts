import type { Child } from './folder.js';
import { escapeXml } from './html.js';
import { DAV, type PropertyName, type Wanted } from './propfind-request.js';
import { folderPathOf, pathOf } from './request-target.js';
import { etagOf, httpDate } from './validators.js';

export const MULTISTATUS_START = '<?xml version="1.0" encoding="utf-8"?>\n<D:multistatus xmlns:D="DAV:">\n';
export const MULTISTATUS_END = '</D:multistatus>\n';

/** One file or folder (RFC 4918, section 14.24): properties that it has, and those that were asked for and it has not. */
export function responseOf(child: Child, wanted: Wanted, base: string): string {
  const values = valuesOf(child);
  const path = base + (child.kind === 'folder' ? folderPathOf(child.name) : pathOf(child.name));
  const there: string[] = [];
  const missing: string[] = [];
  if (wanted === 'names') for (const local of values.keys()) there.push(`<D:${local}/>`);
  else if (wanted === 'all') for (const [local, value] of values) there.push(element(local, value));
  else {
    for (const property of wanted) {
      const value = property.uri === DAV ? values.get(property.local) : undefined;
      if (value === undefined) missing.push(emptyElement(property));
      else there.push(element(property.local, value));
    }
  }
  const stats = [propstat(there, '200 OK'), propstat(missing, '404 Not Found')];
  return `<D:response><D:href>${escapeXml(path)}</D:href>${stats.join('')}</D:response>\n`;
}

/** The live properties of RFC 4918, section 15, as XML. */
function valuesOf(child: Child): Map<string, string> {
  const name = child.name.slice(child.name.lastIndexOf('/') + 1);
  const values = new Map([['displayname', escapeXml(name)]]);
  if (child.kind === 'folder') return values.set('resourcetype', '<D:collection/>');
  values.set('resourcetype', '');
  values.set('getcontentlength', String(child.size));
  values.set('getcontenttype', escapeXml(child.type));
  const modified = httpDate(child.mtime);
  if (modified !== undefined) values.set('getlastmodified', modified);
  if (child.md5 !== null) values.set('getetag', escapeXml(etagOf(child.md5)));
  return values;
}

function propstat(properties: string[], status: string): string {
  if (properties.length === 0) return '';
  return `<D:propstat><D:prop>${properties.join('')}</D:prop><D:status>HTTP/1.1 ${status}</D:status></D:propstat>`;
}

function element(local: string, value: string): string {
  return value === '' ? `<D:${local}/>` : `<D:${local}>${value}</D:${local}>`;
}

function emptyElement({ uri, local }: PropertyName): string {
  return uri === '' ? `<${local} xmlns=""/>` : `<x:${local} xmlns:x="${escapeXml(uri)}"/>`;
}
