import type { Writable } from 'node:stream';
import { SealiftError } from '../../errors/index.js';
import { type ExecFrame, type ExecSignal, parseExecFrame, parseReply } from '../../protocol/index.js';
import type { Connection } from '../connection.js';
import type { ExecAttempt } from './exec-attempt.js';
import type { ExecEnd, ExecOptions } from './exec-options.js';
import { ProgramInput } from './program-input.js';

/** A program may be silent for as long as the server lets it run; above this Node's timers fire at once. */
const FOREVER_MS = 2 ** 31 - 1;
/** Of a piece of output, so much is in memory at once. */
const PIECE_MAX = 64 * 1024;

/** Runs what a request says over a connection, and leaves that ready for the next one. */
export async function execOn(
  connection: Connection,
  request: object,
  { stdin, stdout, stderr, onStart }: Omit<ExecOptions, 'signal'>,
  attempt: ExecAttempt,
): Promise<ExecEnd> {
  attempt.sent();
  connection.send(request);
  const reply = await connection.header();
  if (reply.ok === false) attempt.refused();
  if (reply.code === 'UNSUPPORTED') {
    throw new SealiftError('UNSUPPORTED', 'this server runs no programs (serve --exec says which it runs)');
  }
  parseReply('exec', reply);
  let inputError: unknown;
  const onInputError = (error: unknown) => {
    inputError = error;
    // Rule: half of the input is not to be taken for all of it.
    connection.destroy();
  };
  const send = (bytes: Uint8Array) => connection.sendBody({ stream: 'stdin', length: bytes.length }, bytes);
  const input = stdin ? new ProgramInput(stdin, send, onInputError) : null;
  if (input === null) send(Buffer.alloc(0));
  let isRunning = true;
  onStart?.({
    kill: (signal: ExecSignal) => void (isRunning && connection.sendBody({ signal }, Buffer.alloc(0))),
  });
  try {
    const takers = { stdout: takerOf(stdout), stderr: takerOf(stderr) };
    for (;;) {
      const frame = parseExecFrame(await connection.header(FOREVER_MS));
      if (!('stream' in frame)) return endOf(frame);
      connection.startBody(frame.length);
      for (let left = frame.length; left > 0; ) {
        // Its own memory each time: whoever takes it may keep it.
        const piece = Buffer.allocUnsafe(Math.min(left, PIECE_MAX));
        await connection.fill(piece);
        await takers[frame.stream](piece);
        left -= piece.length;
      }
    }
  } catch (error) {
    throw inputError ?? error;
  } finally {
    isRunning = false;
    input?.stop();
  }
}

function endOf(frame: Exclude<ExecFrame, { stream: string }>): ExecEnd {
  const late = frame.timeout ? { timeout: true } : {};
  return 'exit' in frame ? { exit: frame.exit, ...late } : { signal: frame.signal, ...late };
}

function takerOf(to: ExecOptions['stdout']): (bytes: Buffer) => void | Promise<void> {
  if (to === undefined) return () => {};
  return typeof to === 'function' ? to : (bytes) => written(to, bytes);
}

function written(stream: Writable, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
}
