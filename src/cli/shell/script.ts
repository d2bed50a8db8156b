import { createReadStream } from 'node:fs';
import { addAbortSignal, type Readable } from 'node:stream';
import { abortedError, localError, SealiftError } from '../../errors/index.js';
import { note } from '../output.js';
import type { Session } from './session.js';

/** Of one line: more than anybody types, and little to keep. */
const LINE_MAX = 64 * 1024;

/** Does what a file or a pipe says, line by line, up to the first that fails; returns its exit code. */
export async function runScript(
  session: Session,
  file: string | undefined,
  signal: AbortSignal,
): Promise<number> {
  const input = file === undefined || file === '-' ? process.stdin : createReadStream(file);
  addAbortSignal(signal, input);
  let number = 0;
  try {
    for await (const line of linesOf(input)) {
      number++;
      const exitCode = await session.execute(line, signal);
      if (exitCode !== 0) {
        note(`sealift: stopped at line ${number}`);
        return exitCode;
      }
      if (session.isOver) return 0;
    }
  } catch (error) {
    if (signal.aborted) throw abortedError(signal);
    if (error instanceof SealiftError) throw error;
    throw localError(error, file ?? 'stdin');
  }
  return 0;
}

/** @throws SealiftError USAGE for a line without an end */
export async function* linesOf(input: Readable): AsyncGenerator<string> {
  let rest = '';
  input.setEncoding('utf8');
  for await (const piece of input) {
    const lines = `${rest}${piece}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield line.replace(/\r$/, '');
    if (rest.length > LINE_MAX)
      throw new SealiftError('USAGE', `a line is longer than ${LINE_MAX} characters`);
  }
  if (rest !== '') yield rest;
}
