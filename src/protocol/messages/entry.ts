import { z } from 'zod';
import { decodeHeader } from '../header-json.js';
import { ProtocolError } from '../protocol-error.js';
import { count, md5, mtime } from './fields.js';

const entrySchema = z.object({
  name: z.string(),
  type: z.string(),
  size: count,
  md5: md5.nullable(),
  mtime,
});

/** One served file's facts; `md5` is null while it is not hashed. `mtime` in milliseconds since the Unix epoch. */
export type Entry = z.output<typeof entrySchema>;

/** One line of a listing. */
export function encodeEntry(entry: Entry): string {
  const { name, type, size, md5, mtime } = entry;
  return `${JSON.stringify({ name, type, size, md5, mtime })}\n`;
}

/** @throws ProtocolError */
export function decodeEntry(line: Uint8Array): Entry {
  const parsed = entrySchema.safeParse(decodeHeader(line));
  if (!parsed.success)
    throw new ProtocolError('listing has a line that is no entry', { cause: parsed.error });
  return parsed.data;
}
