import { escapeControls } from '../errors/index.js';

let isReaderGone = false;
let endsWithReader = true;

/** Results. */
export function printLine(line: string): void {
  if (!isReaderGone) process.stdout.write(`${line}\n`);
}

export function printJson(value: object): void {
  printLine(escapeJson(JSON.stringify(value)));
}

/** Notes and errors. */
export function note(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** A name or message of a peer, fit for a terminal. */
export const shown = escapeControls;

/** The same JSON value, in text that no terminal acts on: JSON itself only escapes what is below U+0020. */
export function escapeJson(json: string): string {
  return json.replace(
    /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** A reader that stops early (`| head`) is no error. */
export function endQuietlyOnBrokenPipe(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && !isReaderGone) throw error;
    isReaderGone = true;
    if (endsWithReader) process.exit(0);
  });
}

/** For a command that does more than to print: it goes on when nobody reads what it prints any more. */
export function goOnWithoutReader(): void {
  endsWithReader = false;
}
