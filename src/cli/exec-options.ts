import { constants } from 'node:os';
import type { Argv } from 'yargs';
import { SealiftError } from '../errors/index.js';
import { EXEC_TIMEOUT, type ServerExec } from '../server/index.js';
import type { AccessLog } from './access-log.js';
import { asArguments } from './as-arguments.js';
import { parseDuration } from './duration.js';

const HOUR_MS = 3_600_000;
const ANY = 'any';

export interface ExecArguments {
  exec: string | undefined;
  execTimeout: string;
}

/** The options of `serve` for programs that clients may run. */
export function execOptions<T>(yargs: Argv<T>): Argv<T & ExecArguments> {
  return asArguments<T & ExecArguments>(
    yargs
      .option('exec', {
        type: 'string',
        requiresArg: true,
        describe: `programs that clients with a token may run in the folder, as df,ls,md5sum; or ${ANY}, shell lines too`,
      })
      .option('exec-timeout', {
        type: 'string',
        default: `${EXEC_TIMEOUT / HOUR_MS}h`,
        requiresArg: true,
        describe: 'how long one of them may run',
      }),
  );
}

/**
 * Null if no program may be run.
 * @throws SealiftError USAGE
 */
export function execFrom(
  { exec, execTimeout }: ExecArguments,
  { hasTokens, log }: { hasTokens: boolean; log: AccessLog },
): ServerExec | null {
  const timeout = parseDuration('--exec-timeout', execTimeout);
  if (exec === undefined) return null;
  if (!hasTokens) {
    const says = 'programs are run only for who has a token';
    throw new SealiftError('USAGE', `--exec: ${says}; add --token-file FILE, or set SEALIFT_TOKEN`);
  }
  const names = exec.split(',').map((name) => name.trim());
  if (names.length > 1 && names.includes(ANY)) {
    throw new SealiftError('USAGE', `--exec ${exec}: "${ANY}" stands alone`);
  }
  return { programs: exec === ANY ? ANY : names, timeout, onStart: (record) => log.started(record) };
}

/**
 * A signal that would end the server on the spot (its terminal was closed, or Ctrl-\\) ends the programs that it runs, too. To be called when all that
 * SIGHUP means to a server is set up. Returns what takes it back.
 */
export function endProgramsOnSignal({ exec }: ExecArguments): () => void {
  if (exec === undefined) return () => {};
  const names = (['SIGHUP', 'SIGQUIT'] as const).filter((name) => process.listenerCount(name) === 0);
  const onSignal = (name: NodeJS.Signals) => process.exit(128 + constants.signals[name]);
  for (const name of names) process.on(name, onSignal);
  return () => {
    for (const name of names) process.off(name, onSignal);
  };
}
