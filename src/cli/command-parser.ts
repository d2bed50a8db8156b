import yargs, { type Argv } from 'yargs';
import { positionalOf, tidyArguments } from './arguments.js';
import { type Command, namesOf } from './command.js';

/** yargs, as it reads the options of any of `commands`, which are still to be added. `words` is the command line. */
export function commandParser(words: string[], commands: Pick<Command, 'usages'>[]): Argv {
  return (
    yargs(words)
      .locale('en')
      // `--no-fsync` is an option of that name, not the opposite of one.
      .parserConfiguration({ 'boolean-negation': false, 'populate--': true })
      .middleware((args) => {
        const command = commands.find((command) => namesOf(command).includes(String(args._[0])));
        tidyArguments(args, command ? positionalOf(command.usages[0]) : null, words);
      }, true)
      .alias('h', 'help')
      .strict()
      .exitProcess(false)
  );
}
