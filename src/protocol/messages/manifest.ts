import { z } from 'zod';
import { count, md5, optionalId } from './fields.js';

export const manifestRequest = z.object({
  op: z.literal('manifest'),
  id: optionalId,
  name: z.string(),
  fresh: z.optional(z.boolean()),
  progress: z.optional(z.boolean()),
});

/** Bytes in a BLAKE3 digest. */
const DIGEST = 32;

export const manifestReply = z
  .object({
    ok: z.literal(true),
    id: optionalId,
    name: z.string(),
    size: count,
    md5,
    digest: z.literal('blake3'),
    chunkSize: z.int().min(1),
    count,
    length: count,
  })
  .refine((reply) => reply.count === Math.ceil(reply.size / reply.chunkSize), 'count is wrong')
  .refine((reply) => reply.length === reply.count * DIGEST, 'length is wrong');
