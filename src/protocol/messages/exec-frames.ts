import type { JsonObject } from '../header-json.js';
import { ProtocolError } from '../protocol-error.js';
import { failure, fromFailure } from './failure.js';
import { count, optionalId } from './fields.js';
import { exactly, flag, integer, optional, textLike } from './rule.js';
import { Shape, type ShapeOf } from './shape.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;
/** One that a client may send. */
export type ExecSignal = (typeof SIGNALS)[number];

const stdin = Shape.of({ stream: exactly('stdin'), length: count });
const sentSignal = Shape.of({
  signal: (value: unknown) => (SIGNALS.includes(value as never) ? null : `not one of ${SIGNALS.join(', ')}`),
});
const output = Shape.of({
  id: optionalId,
  stream: (value: unknown) => (value === 'stdout' || value === 'stderr' ? null : 'neither stdout nor stderr'),
  length: count,
});
const timeout = optional(flag);
const exited = Shape.of({ id: optionalId, exit: integer(0, 255), timeout });
const signalled = Shape.of({
  id: optionalId,
  signal: textLike(/^SIG[A-Z0-9]{1,12}$/, 'the name of a signal'),
  timeout,
});

export type ExecInput = ShapeOf<typeof stdin> | { signal: ExecSignal };
/** A piece of output, whose bytes follow; or how the program ended. */
export type ExecFrame =
  | { stream: 'stdout' | 'stderr'; length: number }
  | ShapeOf<typeof exited>
  | ShapeOf<typeof signalled>;

/**
 * The input in a frame of a client, or null if the frame is something else.
 * @throws ProtocolError when a field is missing or wrong
 */
export function parseExecInput(header: JsonObject): ExecInput | null {
  if (header.op !== undefined) return null;
  if (header.stream !== undefined) return checked(stdin, header, 'bad input');
  if (header.signal !== undefined) return checked(sentSignal, header, 'bad input') as ExecInput;
  return null;
}

/**
 * A frame of a program that runs, sent by the server.
 * @throws SealiftError with the failure's code, where the frame is a failure
 * @throws ProtocolError when a field is missing or wrong
 */
export function parseExecFrame(header: JsonObject): ExecFrame {
  if (header.ok === false) throw fromFailure(checked(failure, header, 'bad reply'));
  if (header.stream !== undefined) return checked(output, header, 'bad reply') as ExecFrame;
  if (header.exit !== undefined) return checked(exited, header, 'bad reply');
  return checked(signalled, header, 'bad reply');
}

function checked<T extends object>(shape: Shape<T>, header: JsonObject, what: string): T {
  const fault = shape.faultOf(header);
  if (fault !== null) throw new ProtocolError(`${what}: ${fault}`);
  return shape.pick(header);
}
