import type { Argv } from 'yargs';
import type { ExecCommand } from '../../client/index.js';
import { SealiftError } from '../../errors/index.js';
import { asArguments } from '../as-arguments.js';
import { type ClientArguments, clientOptions, withClient } from '../client-options.js';
import { runRemoteProgram } from '../remote-program.js';
import { run } from '../run.js';

interface ExecArguments extends ClientArguments {
  command: string[] | undefined;
  shell: string | undefined;
  noStdin: boolean;
}

export function builder(yargs: Argv): Argv<ExecArguments> {
  return asArguments<ExecArguments>(
    clientOptions(yargs)
      .usage(
        '$0 exec -- <program> [argument..]\n\nRun a program in the served folder, on the server. Its exit code becomes that of this command (128 and the number ' +
          'of a signal that ended it); failures of Sealift itself are told in a line that begins with "sealift:".',
      )
      .positional('command', {
        type: 'string',
        array: true,
        describe: 'program and arguments, behind -- if one begins with a dash',
      })
      .option('shell', {
        alias: 'c',
        type: 'string',
        requiresArg: true,
        describe: 'a line for /bin/sh there, instead of a program; only if the server runs any program',
      })
      .option('no-stdin', {
        alias: 'n',
        type: 'boolean',
        default: false,
        describe: 'give the program nothing to read, and leave standard input alone',
      })
      .check(({ command, shell }) => {
        commandOf(command, shell);
        return true;
      })
      .example('$0 exec -- ls -l reports', 'a program, its arguments as they are')
      .example("$0 exec -c 'ls | wc -l'", 'a line for a shell')
      .example('$0 exec -- md5sum < big.iso', 'standard input goes to the program'),
  );
}

function commandOf(command: string[] | undefined, shell: string | undefined): ExecCommand {
  const isProgram = command !== undefined && command.length > 0;
  if (isProgram && shell !== undefined) throw new SealiftError('USAGE', 'either a program or -c');
  if (shell !== undefined) return { shell };
  if (!isProgram || command[0] === '')
    throw new SealiftError('USAGE', 'name a program: sealift exec -- ls -l');
  return command;
}

export function handler(args: ExecArguments): Promise<void> {
  return run(async (signal) => {
    const command = commandOf(args.command, args.shell);
    const { stdin } = process;
    try {
      return await runRemoteProgram({
        command,
        ...(args.noStdin ? {} : { stdin }),
        json: args.json,
        signal,
        lend: (use, ending) => withClient(args, ending, use),
      });
    } finally {
      // What waits to be read there must not keep this process.
      if (!args.noStdin) stdin.destroy();
    }
  });
}
