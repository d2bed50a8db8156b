import type { ExecCommand } from '../../client/index.js';
import { SealiftError } from '../../errors/index.js';
import { runRemoteProgram } from '../remote-program.js';
import type { ShellCommand } from './shell-command.js';

/** A program that ignores Ctrl-C is left, and with its client gone it ends; in milliseconds. */
const PATIENCE_MS = 3_000;

/** Whatever a program on the server is to read, it is not what is typed or piped in here: those are the shell's next lines. */
export const exec: ShellCommand = {
  usage: 'exec program…',
  describe: "run a program there, in the outermost folder; -c 'LINE' for sh",
  takes: 'nothing',
  run: (words, { json, lend }, signal) =>
    runRemoteProgram({
      command: commandOf(words),
      json,
      lend: (use) => lend(use),
      signal,
      patience: PATIENCE_MS,
    }),
};

function commandOf(words: string[]): ExecCommand {
  const [first, second, ...more] = words;
  if (first === '-c') {
    if (second === undefined || more.length > 0)
      throw new SealiftError('USAGE', "exec -c 'LINE': one line in quotes");
    return { shell: second };
  }
  const command = first === '--' ? words.slice(1) : words;
  if (!command[0] || (first !== '--' && command[0].startsWith('-'))) {
    throw new SealiftError('USAGE', 'name a program: exec ls -l');
  }
  return command;
}
