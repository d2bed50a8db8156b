import { SealiftError } from '../../errors/index.js';
import type { JsonObject } from '../header-json.js';
import { ProtocolError } from '../protocol-error.js';
import { execRequest } from './exec.js';
import { count } from './fields.js';
import { getRequest } from './get.js';
import { helloRequest } from './hello.js';
import { listRequest } from './list.js';
import { manifestRequest } from './manifest.js';
import { pingRequest } from './ping.js';
import type { ShapeOf } from './shape.js';
import { revokeRequest, shareRequest, sharesRequest } from './share.js';
import { statRequest } from './stat.js';

/** One shape per op; an op exists because it stands here. */
const requestShapes = {
  exec: execRequest,
  get: getRequest,
  hello: helloRequest,
  list: listRequest,
  manifest: manifestRequest,
  ping: pingRequest,
  revoke: revokeRequest,
  share: shareRequest,
  shares: sharesRequest,
  stat: statRequest,
};

export type Op = keyof typeof requestShapes;
export type RequestOf<O extends Op> = ShapeOf<(typeof requestShapes)[O]>;
export type Request = { [O in Op]: RequestOf<O> }[Op];

export const OPS = Object.keys(requestShapes) as Op[];

/**
 * @param offered ops, of those that there are
 * @throws ProtocolError when a field is missing or wrong
 * @throws SealiftError UNSUPPORTED when the op is not known, or not offered
 */
export function parseRequest(header: JsonObject, offered: readonly Op[] = OPS): Request {
  if (typeof header.op !== 'string') throw new ProtocolError('op is missing');
  // Rule: whoever misreads a length reads the bytes behind it as something else.
  if (header.length !== undefined && count(header.length) !== null) {
    throw new ProtocolError('length: not an integer from 0');
  }
  // Rule: an op that is not offered is told from an unknown one by nothing, not by what is wrong with its fields either.
  if (!offered.includes(header.op as Op)) {
    throw new SealiftError('UNSUPPORTED', `op "${header.op.slice(0, 64)}" is not offered`);
  }
  const shape = requestShapes[header.op as Op];
  const fault = shape.faultOf(header);
  if (fault !== null) throw new ProtocolError(`${header.op}: ${fault}`);
  return shape.pick(header);
}

/**
 * How many body bytes follow a request's header. In `get`, `length` is the range that is asked for; everywhere
 * else it announces a body, as in any frame.
 */
export function requestBodyLength(header: JsonObject): number {
  if (header.op === 'get') return 0;
  // A wrong one makes the request wrong, and nothing behind it is read.
  return count(header.length) === null ? (header.length as number) : 0;
}
