import { escapeControls } from '../errors/index.js';

/** Results. */
export function printLine(line: string): void {
  process.stdout.write(`${line}\n`);
}

export function printJson(value: object): void {
  printLine(JSON.stringify(value));
}

/** Notes and errors. */
export function note(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** A name or message of a peer, fit for a terminal. */
export const shown = escapeControls;

/** A reader that stops early (`| head`) is no error. */
export function endQuietlyOnBrokenPipe(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
}
