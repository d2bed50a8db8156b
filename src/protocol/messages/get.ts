import { count, md5, mtime, optionalId, root } from './fields.js';
import { exactly, flag, nullable, optional, text } from './rule.js';
import { Shape } from './shape.js';

export const getRequest = Shape.of({
  op: exactly('get'),
  id: optionalId,
  name: text,
  offset: optional(count),
  length: optional(count),
  ifMd5: optional(md5),
  defer: optional(flag),
});

/** `md5` is null only with `deferred`: then a trailer follows the body. */
export const getReply = Shape.of(
  {
    ok: exactly(true),
    id: optionalId,
    name: text,
    type: text,
    size: count,
    md5: nullable(md5),
    root: optional(root),
    deferred: optional(flag),
    mtime,
    offset: count,
    length: count,
  },
  (reply) => {
    if (!(reply.offset + reply.length <= reply.size)) return 'range is outside the file';
    return (reply.md5 === null) === (reply.deferred === true) ? null : 'md5 is missing';
  },
);

export const trailer = Shape.of({ ok: exactly(true), id: optionalId, md5 });
