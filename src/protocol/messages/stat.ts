import { z } from 'zod';
import { count, md5, mtime, optionalId, root } from './fields.js';

export const statRequest = z.object({
  op: z.literal('stat'),
  id: optionalId,
  name: z.string(),
  fresh: z.optional(z.boolean()),
  progress: z.optional(z.boolean()),
});

export const statReply = z.object({
  ok: z.literal(true),
  id: optionalId,
  name: z.string(),
  type: z.string(),
  size: count,
  md5,
  root: z.optional(root),
  mtime,
});

/** What a server that hashes may send before its reply, to a client that asked for `progress`. */
export const interim = z.object({
  id: optionalId,
  hashing: z.object({ done: count, size: count }),
});
