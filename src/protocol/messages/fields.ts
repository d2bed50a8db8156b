import { z } from 'zod';
import { ID_MAX } from '../limits.js';

/** Integers that JSON and JavaScript agree on: 0 … 2^53−1. `z.int()` refuses fractions and what lost precision. */
export const count = z.int().min(0);
/** Milliseconds since the Unix epoch; before it, negative. */
export const mtime = z.int();
export const md5 = z.string().regex(/^[0-9a-f]{32}$/);
/** BLAKE3 of a manifest. */
export const root = z.string().regex(/^[0-9a-f]{64}$/);

const idSchema = z.union([
  z.int(),
  z.string().refine((id) => Buffer.byteLength(JSON.stringify(id)) <= ID_MAX),
]);
export type RequestId = string | number;
export const optionalId = z.optional(idSchema);

/** A request's id even where the rest of it is wrong, so that the failure can carry it. */
export function readableId(header: Record<string, unknown>): RequestId | undefined {
  const parsed = optionalId.safeParse(header.id);
  return parsed.success ? parsed.data : undefined;
}
