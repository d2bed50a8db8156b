#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import yargs, { type CommandModule } from 'yargs';
import { hideBin } from 'yargs/helpers';
import { exitCodeOf, SealiftError } from '../errors/index.js';
import { positionalOf, tidyArguments } from './arguments.js';
import * as fetch from './commands/fetch.js';
import * as info from './commands/info.js';
import * as list from './commands/list.js';
import * as scrub from './commands/scrub.js';
import * as serve from './commands/serve.js';
import * as verify from './commands/verify.js';
import { completeNames, wordsToComplete } from './complete-names.js';
import { note, printLine, shown, watchStdout } from './output.js';
import { plainWords } from './plain-words.js';
import { reportError } from './run.js';
import { explainUsage } from './usage-error.js';

const EXIT_USAGE = exitCodeOf('USAGE');
const commands = [serve, fetch, list, info, verify, scrub];
const commandNames = commands.flatMap(({ command }) => command).map((usage) => usage.split(' ')[0] ?? '');
const positionals = new Map(
  commands.flatMap(({ command }) => {
    const usages = [command].flat();
    const positional = positionalOf(usages[0] ?? '');
    return usages.map((usage) => [usage.split(' ')[0] ?? '', positional] as const);
  }),
);
const mainNames = commands.map(({ command }) => [command].flat()[0]?.split(' ')[0]);

function version(): string {
  const file = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

function endWithUsage(message: string): never {
  note(`sealift: ${shown(explainUsage(message, words))}`);
  const command = commandNames.find((name) => name === words[0]);
  if (words.length === 0) note(`Commands: ${mainNames.join(', ')}.`);
  note(`Try "sealift ${command === undefined ? '' : `${command} `}--help".`);
  process.exit(EXIT_USAGE);
}

watchStdout();
// The parser prints with it; the console hides that stdout failed.
console.log = printLine;

let words = hideBin(process.argv);
try {
  words = plainWords(words, commandNames);
} catch (error) {
  endWithUsage((error as Error).message);
}
const program = yargs(words)
  .scriptName('sealift')
  .locale('en')
  .usage('$0 <command>\n\nServe a folder, fetch from it anywhere, and know that what arrived is intact.')
  // `--no-fsync` is an option of that name, not the opposite of one.
  .parserConfiguration({ 'boolean-negation': false, 'populate--': true })
  .middleware((args) => tidyArguments(args, positionals.get(String(args._[0])) ?? null, words), true)
  .version(version())
  .alias('h', 'help')
  .demandCommand(1, 'which command?')
  .recommendCommands()
  .strict()
  .completion('completion', 'Print a script that completes commands and names in your shell', completeNames)
  .epilogue(
    'Exit codes: 0 done, 1 bug, 2 usage, 3 not found, 4 integrity, 5 network or server failure,\n' +
      '6 refused, 7 local files, 8 protocol, 130 interrupted.',
  )
  .wrap(Math.min(110, process.stdout.columns ?? 110))
  .exitProcess(false)
  .fail((message, error) => {
    if (error && !(error instanceof SealiftError) && !message) {
      process.exit(reportError(error));
    }
    endWithUsage(error?.message ?? message ?? 'wrong usage');
  });
for (const module of commands) program.command(module as unknown as CommandModule);

const toComplete = wordsToComplete(words);
// Not left to the parser: it would take the first word for the value of an option, and run the command.
if (toComplete)
  program.getCompletion(toComplete, (_error, completions = []) => completions.forEach(printLine));
else {
  try {
    await program.parseAsync();
  } catch (error) {
    // What the middleware throws does not come to the handler above.
    if (error instanceof SealiftError) endWithUsage(error.message);
    process.exit(reportError(error));
  }
}
