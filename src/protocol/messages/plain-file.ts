import { decodeText, type JsonObject } from '../header-json.js';
import { plain } from './plain-text.js';

interface FileFacts {
  name: string;
  type: string;
  size: number;
  md5: string;
  root: string | null;
  mtime: number;
}

/** What a server says of a whole file that it knows. */
const PLAIN = new RegExp(
  `^\\{"ok":true,"name":${plain.text},"type":${plain.text},"size":${plain.count},"md5":${plain.md5},"root":${plain.root},"mtime":${plain.integer},"offset":0,"length":${plain.count}\\}$`,
);

/** Puts together by hand what is sent for every small file. */
export function encodePlainFile({ name, type, size, md5, root, mtime }: FileFacts): string {
  const start = `{"ok":true,"name":${JSON.stringify(name)},"type":${JSON.stringify(type)},"size":${size}`;
  const digests = root === null ? `"md5":"${md5}"` : `"md5":"${md5}","root":"${root}"`;
  return `${start},${digests},"mtime":${mtime},"offset":0,"length":${size}}`;
}

/** A reply to `get` that keeps the rules for one. */
export class PlainFile {
  readonly ok = true;
  readonly offset = 0;

  private constructor(
    readonly name: string,
    readonly type: string,
    readonly size: number,
    readonly md5: string,
    readonly root: string,
    readonly mtime: number,
    readonly length: number,
  ) {}

  /** Null for a header that takes a closer look. */
  static of(header: Uint8Array): (PlainFile & JsonObject) | null {
    const match = PLAIN.exec(decodeText(header));
    if (!match) return null;
    const [, name = '', type = '', size, md5 = '', root = '', mtime, length] = match;
    if (length !== size) return null;
    const count = Number(size);
    return new PlainFile(name, type, count, md5, root, Number(mtime), count) as PlainFile & JsonObject;
  }
}
