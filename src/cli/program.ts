import type { CommandModule } from 'yargs';
import { exitCodeOf, SealiftError } from '../errors/index.js';
import { type Command, namesOf } from './command.js';
import { commandParser } from './command-parser.js';
import { completeNames, wordsToComplete } from './complete-names.js';
import { note, printLine, shown } from './output.js';
import { plainWords } from './plain-words.js';
import { reportError } from './run.js';
import { withoutLinks } from './share-links.js';
import { explainUsage } from './usage-error.js';

const EXIT_USAGE = exitCodeOf('USAGE');

/** Reads the command line with yargs and does what it says, in whichever words it says it. */
export async function runProgram(typed: string[], commands: Command[], version: string): Promise<void> {
  let words = typed;
  const commandNames = commands.flatMap(namesOf);
  const endWithUsage = (message: string): never => {
    note(`sealift: ${shown(withoutLinks(explainUsage(message, words)))}`);
    const command = commandNames.find((name) => name === words[0]);
    if (words.length === 0) note(`Commands: ${commands.map((command) => namesOf(command)[0]).join(', ')}.`);
    note(`Try "sealift ${command === undefined ? '' : `${command} `}--help".`);
    process.exit(EXIT_USAGE);
  };
  try {
    words = plainWords(words, commandNames);
  } catch (error) {
    endWithUsage((error as Error).message);
  }
  // The parser prints with it; the console hides that stdout failed.
  console.log = printLine;
  const program = commandParser(words, commands)
    .scriptName('sealift')
    .usage('$0 <command>\n\nServe a folder, fetch from it anywhere, and know that what arrived is intact.')
    .version(version)
    .demandCommand(1, 'which command?')
    .recommendCommands()
    .completion('completion', 'Print a script that completes commands and names in your shell', completeNames)
    .epilogue(
      'Exit codes: 0 done, 1 bug, 2 usage, 3 not found, 4 integrity, 5 network or server failure,\n' +
        '6 refused, 7 local files, 8 protocol, 130 interrupted.',
    )
    .wrap(Math.min(110, process.stdout.columns ?? 110))
    .fail((message, error) => {
      if (error && !(error instanceof SealiftError) && !message) {
        process.exit(reportError(error));
      }
      endWithUsage(error?.message ?? message ?? 'wrong usage');
    });
  for (const command of commands) program.command(await moduleOf(command, words));

  const toComplete = wordsToComplete(words);
  // Not left to the parser: it would take the first word for the value of an option, and run the command.
  if (toComplete) {
    program.getCompletion(toComplete, (_error, completions = []) => completions.forEach(printLine));
    return;
  }
  try {
    await program.parseAsync();
  } catch (error) {
    // What the middleware throws does not come to the handler above.
    if (error instanceof SealiftError) endWithUsage(error.message);
    process.exit(reportError(error));
  }
}

/** For yargs; of a command that no word can mean, only what stands in the list of commands. */
async function moduleOf(command: Command, words: string[]): Promise<CommandModule> {
  const { usages, describe } = command;
  const isMeant = namesOf(command).some((name) => words.includes(name));
  const { builder, handler } = isMeant ? await command.load() : { builder: {}, handler: async () => {} };
  return { command: usages, describe, builder, handler } as unknown as CommandModule;
}
