import { decodeHeader, decodeText } from '../header-json.js';
import { ProtocolError } from '../protocol-error.js';
import { count, md5, mtime } from './fields.js';
import { plain } from './plain-text.js';
import { flag, integer, nullable, optional, text } from './rule.js';
import { Shape, type ShapeOf } from './shape.js';

const entryShape = Shape.of({
  name: text,
  type: text,
  size: count,
  md5: nullable(md5),
  mtime,
  verifiedAt: optional(nullable(integer())),
  rotten: optional(flag),
});

/**
 * One served file's facts; `md5` is null while it is not hashed, and for a file that was found `rotten`. `verifiedAt` is when
 * the server last hashed its bytes and found them right, or null. Times in milliseconds since the Unix epoch.
 */
export type Entry = ShapeOf<typeof entryShape>;

/** One line of a listing. Put together by hand: a listing may have a hundred thousand. */
export function encodeEntry({ name, type, size, md5, mtime, verifiedAt = null, rotten }: Entry): string {
  const start = `{"name":${JSON.stringify(name)},"type":${JSON.stringify(type)},"size":${size},"md5":`;
  const digest = md5 === null ? 'null' : `"${md5}"`;
  return `${start}${digest},"mtime":${mtime},"verifiedAt":${verifiedAt}${rotten ? ',"rotten":true' : ''}}\n`;
}

/** A line as {@link encodeEntry} makes it of a file that is hashed and sound. */
const PLAIN = new RegExp(
  `^\\{"name":${plain.text},"type":${plain.text},"size":${plain.count},"md5":${plain.md5},"mtime":${plain.integer},"verifiedAt":(?:null|${plain.integer})\\}$`,
);

/** @throws ProtocolError */
export function decodeEntry(line: Uint8Array): Entry {
  return plainEntry(line) ?? anyEntry(line);
}

/** Null for a line that takes a closer look. */
function plainEntry(line: Uint8Array): Entry | null {
  const match = PLAIN.exec(decodeText(line));
  if (!match) return null;
  const [, name = '', type = '', size, md5 = '', mtime, verifiedAt] = match;
  return {
    name,
    type,
    size: Number(size),
    md5,
    mtime: Number(mtime),
    verifiedAt: verifiedAt === undefined ? null : Number(verifiedAt),
  };
}

function anyEntry(line: Uint8Array): Entry {
  const fields = decodeHeader(line);
  const fault = entryShape.faultOf(fields);
  if (fault === null) return entryShape.pick(fields);
  throw new ProtocolError('listing has a line that is no entry', { cause: new ProtocolError(fault) });
}
