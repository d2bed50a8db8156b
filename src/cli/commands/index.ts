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

export const commands: Command[] = [
  { usages: ['serve [dir]'], describe: 'Serve a folder', load: () => import('./serve.js') },
  {
    usages: ['fetch [name..]', 'get'],
    describe: 'Download files, and keep only what is verified',
    load: () => import('./fetch.js'),
  },
  { usages: ['list [pattern]', 'ls'], describe: 'Show what the server has', load: () => import('./list.js') },
  { usages: ['info [name]'], describe: "Show one file's facts", load: () => import('./info.js') },
  {
    usages: ['verify [name..]'],
    describe: "Compare local files with the server's digests, without downloading",
    load: () => import('./verify.js'),
  },
  {
    usages: ['share [name..]'],
    describe: 'Make a link that opens a file, a folder or a pattern, and nothing else',
    load: () => import('./share.js'),
  },
  {
    usages: ['scrub [dir]'],
    describe: 'Read the whole storage again, and find what has rotted on the disk',
    load: () => import('./scrub.js'),
  },
];

/** `fetch` and `get`, not what follows. */
export function namesOf({ usages }: Command): string[] {
  return usages.map((usage) => usage.split(' ')[0] as string);
}
