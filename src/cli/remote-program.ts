import type { Readable } from 'node:stream';
import type { ExecCommand, RunningExec, Sealift } from '../client/index.js';
import { exitCodeOfProgram, jsonOutput, plainOutput } from './exec-output.js';

interface RemoteProgram {
  command: ExecCommand;
  /** What it reads. Default: nothing. */
  stdin?: Readable;
  json: boolean;
  /** What interrupts us goes to the program, whose end is then the end of this. */
  signal: AbortSignal;
  /** Lends a client, and ends what it does when its signal aborts. */
  lend: (use: (client: Sealift) => Promise<number>, signal: AbortSignal) => Promise<number>;
  /** So long after that a program is not waited for, in milliseconds. Default: as long as it takes. */
  patience?: number;
}

/** Runs a program on the server to its end. Resolves with the exit code for it. */
export async function runRemoteProgram(program: RemoteProgram): Promise<number> {
  const { command, stdin, json, signal, lend, patience } = program;
  const connection = new AbortController();
  let running: RunningExec | null = null;
  let timer: NodeJS.Timeout | undefined;
  const forward = () => {
    if (!running) return connection.abort();
    running.kill(signal.reason === 'SIGTERM' ? 'SIGTERM' : 'SIGINT');
    if (patience !== undefined) timer = setTimeout(() => connection.abort(), patience);
  };
  signal.addEventListener('abort', forward, { once: true });
  if (signal.aborted) forward();
  const output = json ? jsonOutput() : plainOutput();
  try {
    return await lend(async (client) => {
      const end = await client.exec(command, {
        ...(stdin ? { stdin } : {}),
        stdout: output.stdout,
        stderr: output.stderr,
        signal: connection.signal,
        onStart: (started) => {
          running = started;
          output.started();
        },
      });
      output.ended(end);
      return exitCodeOfProgram(end);
    }, connection.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', forward);
  }
}
