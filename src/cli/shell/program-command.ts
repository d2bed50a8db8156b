import type { Command } from '../command.js';
import type { LendClient } from '../lend-client.js';
import { OptionTable } from '../option-table.js';
import type { Place } from '../place.js';
import { type Builder, commandArguments, OF_SHELL } from './command-arguments.js';
import type { RemoteFolder } from './remote-folder.js';
import type { ShellCommand } from './shell-command.js';

/** A command's file, as far as a shell uses it. */
interface Performer {
  builder: Builder;
  perform(args: never, signal: AbortSignal, lend: LendClient, place: Place): Promise<number>;
}

export interface ProgramCommand extends Pick<Command, 'usages' | 'describe'>, Pick<ShellCommand, 'takes'> {
  /** As it is told in the shell's help. */
  usage: string;
  aliases?: string[];
  load(): Promise<Performer>;
  /** Makes names that were typed in `folder` whole. */
  place?: (args: Record<string, unknown>, folder: RemoteFolder) => void;
}

/** A command of the program in a shell: the same options, the same work, in the shell's folder and with its client. */
export function programCommand({ usages, load, place, ...command }: ProgramCommand): ShellCommand {
  return {
    ...command,
    options: async () => {
      const { options } = OptionTable.of((await load()).builder) ?? { options: [] };
      return options.map(({ name }) => name).filter((name) => !OF_SHELL.includes(name));
    },
    run: async (words, { json, folder, lend }, signal) => {
      const { builder, perform } = await load();
      const isJson = json && !words.includes('--json');
      const all = isJson ? ['--json', ...words] : words;
      const args = await commandArguments({ usages, describe: command.describe }, builder, all);
      if (args === null) return 0;
      place?.(args, folder);
      return perform(args as never, signal, lend, folder);
    },
  };
}
