import { PING_MAX } from '../limits.js';
import { optionalId } from './fields.js';
import { exactly, optional, textUpTo } from './rule.js';
import { Shape } from './shape.js';

const payload = textUpTo(PING_MAX);

export const pingRequest = Shape.of({ op: exactly('ping'), id: optionalId, payload: optional(payload) });
export const pingReply = Shape.of({ ok: exactly(true), id: optionalId, payload });
