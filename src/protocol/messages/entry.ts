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
  verifiedAt: z.optional(z.int().nullable()),
  rotten: z.optional(z.boolean()),
});

/**
 * One served file's facts; `md5` is null while it is not hashed, and for a file that was found `rotten`. `verifiedAt` is when
 * the server last hashed its bytes and found them right, or null. Times in milliseconds since the Unix epoch.
 */
export type Entry = z.output<typeof entrySchema>;

/** One line of a listing. */
export function encodeEntry(entry: Entry): string {
  const { name, type, size, md5, mtime, verifiedAt = null } = entry;
  const rotten = entry.rotten ? { rotten: true } : {};
  return `${JSON.stringify({ name, type, size, md5, mtime, verifiedAt, ...rotten })}\n`;
}

/** @throws ProtocolError */
export function decodeEntry(line: Uint8Array): Entry {
  const parsed = entrySchema.safeParse(decodeHeader(line));
  if (!parsed.success)
    throw new ProtocolError('listing has a line that is no entry', { cause: parsed.error });
  return parsed.data;
}
