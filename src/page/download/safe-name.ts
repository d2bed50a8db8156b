/** What file systems take as one name, in bytes of UTF-8. */
const LENGTH_MAX = 255;
const PART_SUFFIX = '.sealift-part';

/** Separators, what Windows forbids, control characters. */
const FORBIDDEN = /[\u0000-\u001f\u007f-\u009f"*/:<>?\\|]/g;
/** Characters that are not seen, or turn the writing round: a name would look like another one. */
const INVISIBLE = /[\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g;
const LONE_SURROGATE = /\p{Surrogate}/gu;
/** Hidden, `.` and `..`; and blanks that are overlooked. */
const LEADING = /^[.\s]+/;
/** Windows takes them away, so that another name is meant. */
const TRAILING = /[.\s]+$/;
/** Windows opens a device by these, in every folder, whatever the extension is. */
const DEVICE = /^(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])[ ]*(?:\.|$)/i;

const encoder = new TextEncoder();

/** One segment of a name from the server, as the local system can have it: harmless, and looking like what it is. */
export function safeName(segment: string): string {
  const plain = segment
    .replace(FORBIDDEN, '_')
    .replace(INVISIBLE, '_')
    .replace(LONE_SURROGATE, '_')
    .replace(LEADING, '_')
    .replace(TRAILING, '_');
  const name = plain === '' ? '_' : plain;
  return fitted(DEVICE.test(name) ? `_${name}` : name);
}

/** Safe names of the folders below `folder`, and of the file. */
export function safePath(name: string, folder: string): string[] {
  const below = folder !== '' && name.startsWith(`${folder}/`) ? name.slice(folder.length + 1) : name;
  return below.split('/').map(safeName);
}

/** The deepest folder that all these names are below; empty if there is none. */
export function commonFolder(names: readonly string[]): string {
  const [first = [], ...others] = names.map((name) => name.split('/').slice(0, -1));
  const differs = first.findIndex((segment, at) => others.some((other) => other[at] !== segment));
  return first.slice(0, differs === -1 ? first.length : differs).join('/');
}

/** `a (2).txt`. */
export function numberedName(name: string, count: number): string {
  return fitted(name, ` (${count})`);
}

/** What a file is called until it is verified. */
export function partName(name: string): string {
  const stem = name.endsWith(PART_SUFFIX) ? name.slice(0, -PART_SUFFIX.length) : name;
  return `${cut(stem, LENGTH_MAX - PART_SUFFIX.length)}${PART_SUFFIX}`;
}

/** With `insert` before the extension, and so much taken from the stem that the whole is a name. */
function fitted(name: string, insert = ''): string {
  const dot = name.lastIndexOf('.');
  const cutsAt = dot > 0 && name.length - dot <= 16 ? dot : name.length;
  const extension = name.slice(cutsAt);
  const stem = cut(name.slice(0, cutsAt), LENGTH_MAX - lengthOf(insert + extension));
  return `${stem}${insert}${extension}`.replace(TRAILING, '_');
}

/** No more than so many bytes, and no half character. */
function cut(text: string, bytes: number): string {
  if (lengthOf(text) <= bytes) return text;
  const characters = [...text];
  let length = lengthOf(text);
  while (length > bytes) length -= lengthOf(characters.pop() ?? '');
  return characters.join('');
}

function lengthOf(text: string): number {
  return encoder.encode(text).length;
}
