import { count, md5, optionalId } from './fields.js';
import { exactly, flag, integer, optional, text } from './rule.js';
import { Shape } from './shape.js';

export const manifestRequest = Shape.of({
  op: exactly('manifest'),
  id: optionalId,
  name: text,
  fresh: optional(flag),
  progress: optional(flag),
});

/** Bytes in a BLAKE3 digest. */
const DIGEST = 32;

export const manifestReply = Shape.of(
  {
    ok: exactly(true),
    id: optionalId,
    name: text,
    size: count,
    md5,
    digest: exactly('blake3'),
    chunkSize: integer(1),
    count,
    length: count,
  },
  (reply) => {
    if (!(reply.count === Math.ceil(reply.size / reply.chunkSize))) return 'count is wrong';
    return reply.length === reply.count * DIGEST ? null : 'length is wrong';
  },
);
