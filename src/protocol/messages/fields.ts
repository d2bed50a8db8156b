import { ID_MAX } from '../limits.js';
import { integer, optional, type Rule, textLike } from './rule.js';

/** Sizes, offsets, lengths, numbers of things. */
export const count = integer(0);
/** Milliseconds since the Unix epoch; before it, negative. */
export const mtime = integer();
export const md5 = textLike(/^[0-9a-f]{32}$/, '32 lower-case hex digits');
/** BLAKE3 of a manifest. */
export const root = textLike(/^[0-9a-f]{64}$/, '64 lower-case hex digits');

export type RequestId = string | number;
const anyInteger = integer();
const id: Rule<RequestId> = (value) => {
  const isShort = typeof value === 'string' && Buffer.byteLength(JSON.stringify(value)) <= ID_MAX;
  return isShort || anyInteger(value) === null
    ? null
    : `not an integer, nor a string of at most ${ID_MAX} bytes`;
};
export const optionalId = optional(id);

/** A request's id even where the rest of it is wrong, so that the failure can carry it. */
export function readableId(header: Record<string, unknown>): RequestId | undefined {
  return optionalId(header.id) === null ? (header.id as RequestId | undefined) : undefined;
}
