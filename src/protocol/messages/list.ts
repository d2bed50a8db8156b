import { z } from 'zod';
import { LIST_BODY_MAX, LIST_MAX } from '../limits.js';
import { count, optionalId } from './fields.js';

export const listRequest = z.object({
  op: z.literal('list'),
  id: optionalId,
  pattern: z.optional(z.string()),
  after: z.optional(z.string()),
  limit: z.optional(z.int().min(1).max(LIST_MAX)),
});

export const listReply = z.object({
  ok: z.literal(true),
  id: optionalId,
  count: count.max(LIST_MAX),
  length: count.max(LIST_BODY_MAX),
  next: z.string().nullable(),
});
