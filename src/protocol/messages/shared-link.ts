import { decodeHeader } from '../header-json.js';
import { ProtocolError } from '../protocol-error.js';
import { count } from './fields.js';
import { flag, integer, nullable, text, textLike } from './rule.js';
import { Shape, type ShapeOf } from './shape.js';

const sharedLinkShape = Shape.of({
  link: textLike(/^[0-9a-f]{12}$/, '12 lower-case hex digits'),
  pattern: text,
  createdAt: integer(),
  expiresAt: nullable(integer()),
  uses: nullable(count),
  used: count,
  revoked: flag,
});

/**
 * A share link that a server knows, without its capability. Times in milliseconds since the Unix epoch; `expiresAt` and `uses`
 * are null where there is no end. `used` counts where there is one.
 */
export type SharedLink = ShapeOf<typeof sharedLinkShape>;

/** One line of the reply to `shares`. */
export function encodeSharedLink(shared: SharedLink): string {
  return `${JSON.stringify(shared)}\n`;
}

/** @throws ProtocolError */
export function decodeSharedLink(line: Uint8Array): SharedLink {
  const fields = decodeHeader(line);
  const fault = sharedLinkShape.faultOf(fields);
  if (fault === null) return sharedLinkShape.pick(fields);
  throw new ProtocolError(`a line that is no share link: ${fault}`);
}
