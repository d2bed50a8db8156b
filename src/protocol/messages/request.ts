import type { z } from 'zod';
import { SealiftError } from '../../errors/index.js';
import type { JsonObject } from '../header-json.js';
import { ProtocolError } from '../protocol-error.js';
import { count } from './fields.js';
import { getRequest } from './get.js';
import { helloRequest } from './hello.js';
import { listRequest } from './list.js';
import { manifestRequest } from './manifest.js';
import { pingRequest } from './ping.js';
import { statRequest } from './stat.js';

/** One schema per op; an op exists because it stands here. */
const requestSchemas = {
  get: getRequest,
  hello: helloRequest,
  list: listRequest,
  manifest: manifestRequest,
  ping: pingRequest,
  stat: statRequest,
};

export type Op = keyof typeof requestSchemas;
export type RequestOf<O extends Op> = z.output<(typeof requestSchemas)[O]>;
export type Request = { [O in Op]: RequestOf<O> }[Op];

export const OPS = Object.keys(requestSchemas) as Op[];

/**
 * @throws ProtocolError when a field is missing or wrong
 * @throws SealiftError UNSUPPORTED when the op is not known
 */
export function parseRequest(header: JsonObject): Request {
  if (typeof header.op !== 'string') throw new ProtocolError('op is missing');
  // Rule: whoever misreads a length reads the bytes behind it as something else.
  if (header.length !== undefined && !count.safeParse(header.length).success) {
    throw new ProtocolError('length: not an integer from 0');
  }
  if (!Object.hasOwn(requestSchemas, header.op)) {
    throw new SealiftError('UNSUPPORTED', `op "${header.op.slice(0, 64)}" is not offered`);
  }
  const parsed = requestSchemas[header.op as Op].safeParse(header);
  if (!parsed.success) {
    throw new ProtocolError(`${header.op}: ${faultOf(parsed.error)}`, { cause: parsed.error });
  }
  return parsed.data;
}

/**
 * How many body bytes follow a request's header. In `get`, `length` is the range that is asked for; everywhere
 * else it announces a body, as in any frame.
 */
export function requestBodyLength(header: JsonObject): number {
  if (header.op === 'get') return 0;
  // A wrong one makes the request wrong, and nothing behind it is read.
  return count.safeParse(header.length).data ?? 0;
}

/** The first thing that is wrong, in one line: `field: what`. */
export function faultOf(error: z.ZodError): string {
  const issue = error.issues[0];
  if (issue === undefined) return 'invalid';
  const field = issue.path.join('.');
  return field === '' ? issue.message : `${field}: ${issue.message}`;
}
