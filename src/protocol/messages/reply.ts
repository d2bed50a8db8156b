import type { z } from 'zod';
import type { JsonObject } from '../header-json.js';
import { ProtocolError } from '../protocol-error.js';
import { failure, fromFailure } from './failure.js';
import { getReply, trailer } from './get.js';
import { helloReply } from './hello.js';
import { listReply } from './list.js';
import { manifestReply } from './manifest.js';
import { pingReply } from './ping.js';
import { faultOf } from './request.js';
import { interim, statReply } from './stat.js';

const replySchemas = {
  get: getReply,
  trailer,
  hello: helloReply,
  list: listReply,
  manifest: manifestReply,
  ping: pingReply,
  stat: statReply,
};

export type ReplyKind = keyof typeof replySchemas;
export type ReplyOf<K extends ReplyKind> = z.output<(typeof replySchemas)[K]>;
export type HashingProgress = z.output<typeof interim>['hashing'];

/**
 * @throws SealiftError with the failure's code, where the frame is a failure
 * @throws ProtocolError when a field is missing or wrong
 */
export function parseReply<K extends ReplyKind>(kind: K, header: JsonObject): ReplyOf<K> {
  if (header.ok === false) throw fromFailure(checked(failure, header));
  return checked(replySchemas[kind], header) as ReplyOf<K>;
}

/** The progress in an interim frame, or null if the frame is something else. */
export function parseInterim(header: JsonObject): HashingProgress | null {
  return header.ok === undefined && header.hashing !== undefined ? checked(interim, header).hashing : null;
}

function checked<S extends z.ZodType>(schema: S, header: JsonObject): z.output<S> {
  const parsed = schema.safeParse(header);
  if (!parsed.success)
    throw new ProtocolError(`bad reply: ${faultOf(parsed.error)}`, { cause: parsed.error });
  return parsed.data;
}
