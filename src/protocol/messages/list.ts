import { LIST_BODY_MAX, LIST_MAX } from '../limits.js';
import { optionalId } from './fields.js';
import { exactly, integer, nullable, optional, text } from './rule.js';
import { Shape } from './shape.js';

export const listRequest = Shape.of({
  op: exactly('list'),
  id: optionalId,
  pattern: optional(text),
  after: optional(text),
  limit: optional(integer(1, LIST_MAX)),
});

export const listReply = Shape.of({
  ok: exactly(true),
  id: optionalId,
  count: integer(0, LIST_MAX),
  length: integer(0, LIST_BODY_MAX),
  next: nullable(text),
});
