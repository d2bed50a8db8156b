import { z } from 'zod';
import { PING_MAX } from '../limits.js';
import { optionalId } from './fields.js';

const payload = z.string().max(PING_MAX);

export const pingRequest = z.object({ op: z.literal('ping'), id: optionalId, payload: z.optional(payload) });
export const pingReply = z.object({ ok: z.literal(true), id: optionalId, payload });
