import type { IncomingHttpHeaders } from 'node:http';

/** What tells one version of a file from another: its MD5, and its time in whole seconds. */
export interface Validators {
  etag: string;
  /** Milliseconds since the Unix epoch. */
  mtime: number;
}

const YEAR_1 = Date.UTC(0, 0, 1);
const YEAR_9999 = Date.UTC(9999, 11, 31, 23, 59, 59);

/** A strong entity tag: other bytes have another one. */
export function etagOf(md5: string): string {
  return `"${md5}"`;
}

/** As HTTP writes times (RFC 9110, section 5.6.7); undefined for one that it cannot write. */
export function httpDate(mtime: number): string | undefined {
  return mtime < YEAR_1 || mtime > YEAR_9999 ? undefined : new Date(mtime).toUTCString();
}

/** The client has this version: it is to be answered 304 (RFC 9110, section 13.2.2). */
export function isUnmodified(headers: IncomingHttpHeaders, { etag, mtime }: Validators): boolean {
  const match = headers['if-none-match'];
  if (match !== undefined) return match.trim() === '*' || tagsIn(match).includes(etag);
  const since = parseDate(headers['if-modified-since']);
  return since !== null && wholeSeconds(mtime) <= since;
}

/** The client wants this version or none: false is to be answered 412. */
export function isWanted(headers: IncomingHttpHeaders, { etag, mtime }: Validators): boolean {
  const match = headers['if-match'];
  if (match !== undefined) return match.trim() === '*' || strongTagsIn(match).includes(etag);
  const since = parseDate(headers['if-unmodified-since']);
  return since === null || wholeSeconds(mtime) <= since;
}

/** A range is of the version that the client has a part of; otherwise it is to have the whole. */
export function isRangeWanted(headers: IncomingHttpHeaders, { etag, mtime }: Validators): boolean {
  const field = headers['if-range'];
  if (field === undefined) return true;
  const text = String(field).trim();
  if (text.startsWith('"') || text.startsWith('W/')) return text === etag;
  return parseDate(text) === wholeSeconds(mtime);
}

/** Tags are compared weakly here: `W/` does not count. */
function tagsIn(field: string): string[] {
  return field.match(/"[^"]*"/g) ?? [];
}

function strongTagsIn(field: string): string[] {
  return [...field.matchAll(/(W\/)?("[^"]*")/g)].flatMap(([, weak, tag]) => (weak || !tag ? [] : [tag]));
}

/** The three ways to write a date (RFC 9110, section 5.6.7). Anything else is to be ignored, and a number is no year. */
const DATES = [
  /^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/,
  /^\w{6,9}, \d\d-\w{3}-\d\d \d\d:\d\d:\d\d GMT$/,
  /^\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}$/,
];

function parseDate(field: string | undefined): number | null {
  const text = String(field ?? '').trim();
  if (!DATES.some((form) => form.test(text))) return null;
  const time = Date.parse(text.endsWith('GMT') ? text : `${text} GMT`);
  return Number.isNaN(time) ? null : time;
}

function wholeSeconds(mtime: number): number {
  return Math.floor(mtime / 1_000) * 1_000;
}
