import type { Readable, Writable } from 'node:stream';
import type { ExecSignal } from '../../protocol/index.js';

/** A program and its arguments, which no shell sees; or a line for `/bin/sh`. */
export type ExecCommand = readonly string[] | { shell: string };

/** Takes bytes; no more come until it resolves. */
type BytesTaker = (bytes: Buffer) => void | Promise<void>;

export interface ExecOptions {
  /** What the program reads; default nothing. Read only while the program runs and takes it, and paused afterwards. */
  stdin?: Readable;
  /** Where its output goes; default nowhere. Not ended. */
  stdout?: Writable | BytesTaker;
  stderr?: Writable | BytesTaker;
  /** Called when the program runs. */
  onStart?: (running: RunningExec) => void;
  /** Ends the connection, and with it the program. */
  signal?: AbortSignal;
}

/** A program that runs on the server. */
export interface RunningExec {
  /** Sends it a signal; nothing if it has ended. */
  kill(signal: ExecSignal): void;
}

/** How a program ended; `timeout` if the server ended it, as it took too long. */
export type ExecEnd = { exit: number; timeout?: boolean } | { signal: string; timeout?: boolean };
