import type { ServerResponse } from 'node:http';
import { SAFE_HEADERS } from './safe-headers.js';

export type TextFields = Record<string, string | number>;

/** Answers with a text that is there as a whole. Returns the bytes of the body. */
export function sendText(
  response: ServerResponse,
  status: number,
  fields: TextFields,
  text: string | Buffer = '',
): number {
  const body = Buffer.from(text);
  const length = status === 304 || status === 204 ? {} : { 'Content-Length': body.length };
  const isHead = response.req.method === 'HEAD';
  response.writeHead(status, { ...SAFE_HEADERS, ...length, ...fields });
  response.end(isHead ? undefined : body);
  return isHead ? 0 : body.length;
}
