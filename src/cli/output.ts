import { getSystemErrorMap } from 'node:util';
import { escapeControls, exitCodeOf, SealiftError, systemCode } from '../errors/index.js';

const NEWLINE = 10;

/** Stdout takes no more: its reader has gone, or it failed. */
let isStdoutClosed = false;
let stdoutFailure: SealiftError | null = null;
let endsWithStdout = true;
/** The last bytes that went to stdout did not end a line. */
let isMidLine = false;

/** Results. */
export function printLine(line: string): void {
  printLines([line]);
}

/** All at once: a system call for each line of a long listing takes longer than the listing. */
export function printLines(lines: string[]): void {
  if (isStdoutClosed || lines.length === 0) return;
  isMidLine = false;
  try {
    process.stdout.write(`${lines.join('\n')}\n`);
  } catch (error) {
    // Where stdout is a file Node may throw, and tell no listener.
    onStdoutError(error);
  }
}

/**
 * Writes bytes to stdout, and waits until it has taken them. False if nobody reads them any more.
 * @throws SealiftError LOCAL_IO
 */
export async function printBytes(bytes: Uint8Array): Promise<boolean> {
  if (bytes.length > 0) isMidLine = bytes.at(-1) !== NEWLINE;
  try {
    await new Promise<void>((resolve, reject) => {
      process.stdout.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
    return true;
  } catch (error) {
    onStdoutError(error);
    if (stdoutFailure) throw stdoutFailure;
    return false;
  }
}

/** Begins a new line on the terminal if what was printed did not end the last one: what comes would stand in it, or take it away. */
export function endLine(): void {
  if (isMidLine && !isStdoutClosed && process.stdout.isTTY) process.stdout.write('\n');
  isMidLine = false;
}

export function printJson(value: object): void {
  printLine(jsonLine(value));
}

export function jsonLine(value: object): string {
  return escapeJson(JSON.stringify(value));
}

/** Notes and errors. */
export function note(line: string): void {
  endLine();
  process.stderr.write(`${line}\n`);
}

/** Takes away the `^C` that a terminal shows when it is typed. */
export function eraseEcho(): void {
  endLine();
  // "Erase in line" of ECMA-48: to its end.
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
}

/** A name or message of a peer, fit for a terminal. */
export const shown = escapeControls;

const PLAIN = /^[ -~]*$/;

/** The same JSON value, in text that no terminal acts on: JSON itself only escapes what is below U+0020. */
export function escapeJson(json: string): string {
  // Most lines are plain, and are told apart in a tenth of the time.
  if (PLAIN.test(json)) return json;
  return json.replace(
    /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** A reader that stops early (`| head`) is no error; any other end of stdout is told in one line. */
export function watchStdout(): void {
  process.stdout.on('error', onStdoutError);
  process.on('exit', () => {
    if (stdoutFailure && !process.exitCode) process.exitCode = exitCodeOf(stdoutFailure.code);
  });
}

/** For a command that does more than to print: it goes on when nobody reads what it prints any more. */
export function goOnWithoutStdout(): void {
  endsWithStdout = false;
}

/** True for an error that has been told already. */
export function isStdoutFailure(error: unknown): boolean {
  return error === stdoutFailure;
}

function onStdoutError(error: unknown): void {
  if (isStdoutClosed) return;
  isStdoutClosed = true;
  if (systemCode(error) !== 'EPIPE') {
    const errno = (error as NodeJS.ErrnoException).errno ?? 0;
    const reason = getSystemErrorMap().get(errno)?.[1] ?? (error as Error).message;
    stdoutFailure = new SealiftError('LOCAL_IO', `cannot write to stdout: ${reason}`, { cause: error });
    note(`sealift: ${stdoutFailure.message}`);
  }
  if (endsWithStdout) process.exit(stdoutFailure ? exitCodeOf(stdoutFailure.code) : 0);
}
