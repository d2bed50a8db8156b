import { count, md5, mtime, optionalId, root } from './fields.js';
import { exactly, flag, optional, text } from './rule.js';
import { Shape } from './shape.js';

export const statRequest = Shape.of({
  op: exactly('stat'),
  id: optionalId,
  name: text,
  fresh: optional(flag),
  progress: optional(flag),
});

export const statReply = Shape.of({
  ok: exactly(true),
  id: optionalId,
  name: text,
  type: text,
  size: count,
  md5,
  root: optional(root),
  mtime,
});

export const progress = Shape.of({ done: count, size: count });

/** What a server that hashes may send before its reply, to a client that asked for `progress`. */
export const interim = Shape.of({ id: optionalId, hashing: progress.rule });
