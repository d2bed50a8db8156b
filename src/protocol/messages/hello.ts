import { SESSION_MAX, SHARE_MAX } from '../limits.js';
import { optionalId } from './fields.js';
import { anyObject, arrayOf, exactly, integer, optional, text, textUpTo } from './rule.js';
import { Shape } from './shape.js';

export const helloRequest = Shape.of({
  op: exactly('hello'),
  id: optionalId,
  versions: optional(arrayOf(integer())),
  token: optional(text),
  share: optional(textUpTo(SHARE_MAX)),
  session: optional(textUpTo(SESSION_MAX)),
});

export const helloReply = Shape.of({
  ok: exactly(true),
  id: optionalId,
  version: integer(),
  server: text,
  limits: anyObject,
  capabilities: arrayOf(text),
});
