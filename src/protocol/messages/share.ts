import { LIST_MAX, SHARE_MAX, SHARE_SECONDS_MAX, SHARE_USES_MAX, SHARES_BODY_MAX } from '../limits.js';
import { optionalId } from './fields.js';
import { exactly, integer, nullable, optional, text, textLike } from './rule.js';
import { Shape } from './shape.js';

/** What a share link is known by; no secret. `id` is taken: that of the request. */
const link = textLike(/^[0-9a-f]{12}$/, '12 lower-case hex digits');
const expiresAt = nullable(integer());
const uses = nullable(integer(1, SHARE_USES_MAX));

export const shareRequest = Shape.of({
  op: exactly('share'),
  id: optionalId,
  pattern: text,
  expires: optional(integer(1, SHARE_SECONDS_MAX)),
  uses: optional(integer(1, SHARE_USES_MAX)),
});

export const shareReply = Shape.of({
  ok: exactly(true),
  id: optionalId,
  link,
  capability: textLike(new RegExp(`^[\\w-]{1,${SHARE_MAX}}$`), 'a capability'),
  pattern: text,
  expiresAt,
  uses,
  tls: optional(exactly(true)),
  fingerprint: optional(textLike(/^[0-9a-f]{64}$/, '64 lower-case hex digits')),
});

export const sharesRequest = Shape.of({
  op: exactly('shares'),
  id: optionalId,
  after: optional(link),
  limit: optional(integer(1, LIST_MAX)),
});

export const sharesReply = Shape.of({
  ok: exactly(true),
  id: optionalId,
  count: integer(0, LIST_MAX),
  length: integer(0, SHARES_BODY_MAX),
  next: nullable(link),
});

export const revokeRequest = Shape.of({ op: exactly('revoke'), id: optionalId, link });

export const revokeReply = Shape.of({ ok: exactly(true), id: optionalId });
