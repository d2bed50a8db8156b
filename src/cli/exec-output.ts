import { constants } from 'node:os';
import type { ExecEnd } from '../client/index.js';
import { note, printBytes, printJson } from './output.js';

/** Where the output of a program that runs on the server goes. */
interface ProgramOutput {
  started(): void;
  stdout(bytes: Buffer): Promise<void>;
  stderr(bytes: Buffer): Promise<void>;
  ended(end: ExecEnd): void;
}

/** Byte for byte: it is the output of the user's own program. */
export function plainOutput(): ProgramOutput {
  // Nobody reads it any more: the program goes on.
  process.stderr.on('error', () => {});
  return {
    started: () => {},
    stdout: async (bytes) => void (await printBytes(bytes)),
    stderr: (bytes) => new Promise((resolve) => process.stderr.write(bytes, () => resolve())),
    ended: ({ timeout }) => {
      if (timeout) note('sealift: the server ended the program, as it ran for too long');
    },
  };
}

/** An event a line; output in base64, as it need not be text. */
export function jsonOutput(): ProgramOutput {
  const piece = (stream: string) => async (bytes: Buffer) => {
    printJson({ event: 'output', stream, data: bytes.toString('base64') });
    if (process.stdout.writableNeedDrain) await printBytes(Buffer.alloc(0));
  };
  return {
    started: () => printJson({ event: 'start' }),
    stdout: piece('stdout'),
    stderr: piece('stderr'),
    ended: (end) => printJson({ event: 'end', ...end }),
  };
}

/** As a shell has it: 128 and the signal's number for a program that a signal ended. */
export function exitCodeOfProgram(end: ExecEnd): number {
  if ('exit' in end) return end.exit;
  return 128 + ((constants.signals as Record<string, number>)[end.signal] ?? 0);
}
