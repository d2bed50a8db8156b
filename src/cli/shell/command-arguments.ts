import type { CommandModule } from 'yargs';
import { SealiftError } from '../../errors/index.js';
import type { Command } from '../command.js';
import { OptionTable } from '../option-table.js';
import { printLine } from '../output.js';
import { plainArguments } from '../plain-arguments.js';
import { explainUsage } from '../usage-error.js';

type Arguments = Record<string, unknown>;
export type Builder = Parameters<typeof OptionTable.of>[0];

/** Options that the shell itself was started with: it has one server. */
export const OF_SHELL = ['server', 'timeout', 'retries', 'insecure'];

/**
 * The arguments of a command that was typed in a shell, read as those of the program are. Null if help was asked for, and
 * has been shown.
 * @throws SealiftError USAGE
 */
export async function commandArguments(
  command: Pick<Command, 'usages' | 'describe'>,
  builder: Builder,
  words: string[],
): Promise<Arguments | null> {
  const table = OptionTable.of(builder);
  const args =
    (table && plainArguments(command.usages[0], words, table)) ?? (await parsed(command, builder, words));
  for (const { name, default: byDefault } of table?.options ?? []) {
    if (args && OF_SHELL.includes(name) && args[name] !== byDefault) {
      throw new SealiftError('USAGE', `--${name} is for all of a shell: sealift shell --${name} …`);
    }
  }
  return args;
}

async function parsed(
  { usages, describe }: Pick<Command, 'usages' | 'describe'>,
  builder: Builder,
  rest: string[],
): Promise<Arguments | null> {
  const words = [usages[0].split(' ')[0] as string, ...rest];
  // It takes longer to load than most commands run.
  const { commandParser } = await import('../command-parser.js');
  let taken: Arguments | null = null;
  let help = '';
  const faults: string[] = [];
  const parser = commandParser(words, [{ usages }])
    .scriptName('sealift')
    .version(false)
    .fail((message, error) => void faults.push(error?.message ?? message))
    .wrap(Math.min(110, process.stdout.columns ?? 110))
    .command({
      command: usages,
      describe,
      builder,
      handler: (args: Arguments) => {
        taken = args;
      },
    } as unknown as CommandModule);
  for (const name of OF_SHELL) parser.hide(name);
  // With a callback it prints nothing by itself, and goes on behind what is wrong.
  await parser.parseAsync(words, {}, (_error: Error | undefined, _args: unknown, output: string) => {
    help = output;
  });
  if (faults[0] !== undefined) throw new SealiftError('USAGE', explainUsage(faults[0], words));
  if (taken === null) printLine(help);
  return taken;
}
