import { z } from 'zod';
import { optionalId } from './fields.js';

export const helloRequest = z.object({
  op: z.literal('hello'),
  id: optionalId,
  versions: z.optional(z.array(z.int())),
  token: z.optional(z.string()),
});

export const helloReply = z.object({
  ok: z.literal(true),
  id: optionalId,
  version: z.int(),
  server: z.string(),
  limits: z.record(z.string(), z.unknown()),
  capabilities: z.array(z.string()),
});
