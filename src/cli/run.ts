import { EXIT_BUG, exitCodeOf, SealiftError } from '../errors/index.js';
import { eraseEcho, isStdoutFailure, note, shown } from './output.js';
import { withoutLinks } from './share-links.js';

/**
 * Runs a command: Ctrl-C aborts its signal (the reason is the name of what came), what it returns is the exit code, and what it throws is told in one
 * line. A second Ctrl-C ends the process at once.
 */
export async function run(command: (signal: AbortSignal) => Promise<number>): Promise<void> {
  const abort = new AbortController();
  const onSignal = (name: NodeJS.Signals) => {
    if (abort.signal.aborted) process.exit(exitCodeOf('ABORTED'));
    abort.abort(name);
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  try {
    process.exitCode = await command(abort.signal);
  } catch (error) {
    process.exitCode = reportError(error);
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
  // What nobody reads would keep the process until somebody does.
  if (abort.signal.aborted && process.stdout.writableLength > 0) process.exit();
}

/** Tells a failure after which the others go on, and returns its exit code; throws what ends them all. */
export function noteFailure(error: unknown): number {
  if (!failsOneFile(error)) throw error;
  return reportError(error);
}

/** False when the server is gone or the user has had enough: the other files would fail as well. */
export function failsOneFile(error: unknown): error is SealiftError {
  return error instanceof SealiftError && error.code !== 'ABORTED' && error.code !== 'NETWORK';
}

/** Tells an error in one line and returns the exit code for it. */
export function reportError(error: unknown): number {
  if (error instanceof SealiftError) {
    if (isStdoutFailure(error)) return exitCodeOf(error.code);
    if (error.code === 'ABORTED') eraseEcho();
    note(`sealift: ${shown(withoutLinks(error.message))}`);
    return exitCodeOf(error.code);
  }
  note(
    `sealift: this is a bug in Sealift, please report it: ${error instanceof Error ? error.stack : error}`,
  );
  return EXIT_BUG;
}
