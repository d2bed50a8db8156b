import { escapeControls, isWireCode, SealiftError, type WireCode } from '../../errors/index.js';
import { optionalId, type RequestId } from './fields.js';
import { exactly, optional, text } from './rule.js';
import { Shape, type ShapeOf } from './shape.js';

export const failure = Shape.of({ ok: exactly(false), id: optionalId, code: text, message: optional(text) });

/** Longest `message` that is sent, in characters; a longer one is cut. */
const MESSAGE_MAX = 400;

export interface Failure {
  ok: false;
  id?: RequestId;
  code: WireCode;
  message: string;
}

/** The failure frame for `error`. Errors that never travel become INTERNAL, and keep what they say to themselves. */
export function toFailure(error: unknown): Failure {
  const isOurs = error instanceof SealiftError;
  if (isOurs && error.code === 'PROTOCOL') return failureOf('BAD_REQUEST', error.message);
  if (isOurs && isWireCode(error.code)) return failureOf(error.code, error.message);
  return failureOf('INTERNAL', 'the server failed');
}

function failureOf(code: WireCode, message: string): Failure {
  return { ok: false, code, message: printable(message) };
}

/** One line, not too long, and without half of a surrogate pair at its end. */
function printable(message: string): string {
  return escapeControls(message)
    .slice(0, MESSAGE_MAX)
    .replace(/[\ud800-\udbff]$/, '');
}

/** The error that a failure frame stands for on the client. A code that this version does not know is INTERNAL. */
export function fromFailure(reply: ShapeOf<typeof failure>): SealiftError {
  const code = isWireCode(reply.code) ? reply.code : 'INTERNAL';
  const message = printable(reply.message ?? '');
  return new SealiftError(code, message === '' ? `the server answered ${code}` : message);
}
