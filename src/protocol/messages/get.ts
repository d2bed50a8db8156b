import { z } from 'zod';
import { count, md5, mtime, optionalId, root } from './fields.js';

export const getRequest = z.object({
  op: z.literal('get'),
  id: optionalId,
  name: z.string(),
  offset: z.optional(count),
  length: z.optional(count),
  ifMd5: z.optional(md5),
  defer: z.optional(z.boolean()),
});

/** `md5` is null only with `deferred`: then a trailer follows the body. */
export const getReply = z
  .object({
    ok: z.literal(true),
    id: optionalId,
    name: z.string(),
    type: z.string(),
    size: count,
    md5: md5.nullable(),
    root: z.optional(root),
    deferred: z.optional(z.boolean()),
    mtime,
    offset: count,
    length: count,
  })
  .refine((reply) => reply.offset + reply.length <= reply.size, 'range is outside the file')
  .refine((reply) => (reply.md5 === null) === (reply.deferred === true), 'md5 is missing');

export const trailer = z.object({ ok: z.literal(true), id: optionalId, md5 });
