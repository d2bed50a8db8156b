import type { Argv } from 'yargs';

/** What a command's file has. */
interface CommandModule {
  builder(yargs: Argv): unknown;
  handler(args: never): Promise<void>;
}

/** What is known of a command before its file is loaded: loading all of them takes longer than most commands run. */
export interface Command {
  /** With its positional; the first one is the command's own name. */
  usages: [string, ...string[]];
  describe: string;
  load(): Promise<CommandModule>;
}

/** `fetch` and `get`, not what follows. */
export function namesOf({ usages }: Pick<Command, 'usages'>): string[] {
  return usages.map((usage) => usage.split(' ')[0] as string);
}
