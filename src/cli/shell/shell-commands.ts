import { SealiftError } from '../../errors/index.js';
import { printLines } from '../output.js';
import { exec } from './exec-command.js';
import { cd, pwd } from './folder-commands.js';
import { programCommand } from './program-command.js';
import type { RemoteFolder } from './remote-folder.js';
import { namesOf, type ShellCommand } from './shell-command.js';

const help: ShellCommand = {
  usage: 'help [command]',
  aliases: ['?'],
  describe: 'this list, or the options of a command',
  takes: 'commands',
  run: async ([name, ...more], shell, signal) => {
    if (more.length > 0) throw new SealiftError('USAGE', `too many arguments: ${more.join(', ')}`);
    const command = name === undefined ? null : commandOf(name);
    // It has options of its own to tell of.
    if (command?.options) return command.run(['--help'], shell, signal);
    printLines(command ? [lineOf(command)] : [...shellCommands.map(lineOf), '', ...HINTS]);
    return 0;
  },
};

const exit: ShellCommand = {
  usage: 'exit',
  aliases: ['q', 'quit'],
  describe: 'leave, as Ctrl-D does',
  takes: 'nothing',
  run: async (_words, shell) => {
    shell.isOver = true;
    return 0;
  },
};

/** All that a shell understands, in the order of its help. */
export const shellCommands: ShellCommand[] = [
  programCommand({
    usage: 'ls [pattern]',
    aliases: ['list'],
    usages: ['list [pattern]', 'ls'],
    describe: 'show what is here, and below',
    takes: 'patterns',
    load: () => import('../commands/list.js'),
    place: placed('pattern', (typed, folder) => folder.patternOf(typed)),
  }),
  cd,
  pwd,
  programCommand({
    usage: 'get name…',
    aliases: ['fetch'],
    usages: ['fetch [name..]', 'get'],
    describe: 'download files, folders, what a pattern matches',
    takes: 'patterns',
    load: () => import('../commands/fetch.js'),
    place: placed('name', (typed, folder) => folder.patternOf(typed)),
  }),
  programCommand({
    usage: 'info name',
    usages: ['info [name]'],
    describe: "show one file's facts",
    takes: 'names',
    load: () => import('../commands/info.js'),
    place: placed('name', (typed, folder) => folder.nameOf(typed)),
  }),
  programCommand({
    usage: 'verify [name…]',
    usages: ['verify [name..]'],
    describe: 'compare local files with the server; --repair mends them',
    takes: 'patterns',
    load: () => import('../commands/verify.js'),
    place: placed('name', (typed, folder) => folder.patternOf(typed)),
  }),
  exec,
  programCommand({
    usage: 'ping',
    usages: ['ping'],
    describe: 'measure the way to the server and back',
    takes: 'nothing',
    load: () => import('../commands/ping.js'),
  }),
  help,
  exit,
];

const HINTS = [
  'Words are quoted as in sh: \'a b\', "a b", a\\ b; # begins a comment. Names are',
  'taken from the folder you are in, /name from the outermost. Tab completes;',
  'Ctrl-C ends what runs. "help COMMAND" has the options of a command.',
];

/** @throws SealiftError USAGE */
export function commandOf(name: string): ShellCommand {
  const command = shellCommands.find((command) => namesOf(command).includes(name));
  if (!command) throw new SealiftError('USAGE', `no such command: ${name}; "help" lists them`);
  return command;
}

function lineOf(command: ShellCommand): string {
  const { usage, aliases, describe } = command;
  const others = aliases ? ` (also: ${aliases.join(', ')})` : '';
  return `${usage.padEnd(16)} ${describe}${others}`;
}

/** For a positional that is one word or several. */
function placed(key: string, place: (typed: string, folder: RemoteFolder) => string) {
  return (args: Record<string, unknown>, folder: RemoteFolder) => {
    const typed = args[key];
    if (Array.isArray(typed)) args[key] = typed.map((word) => place(String(word), folder));
    else if (typed !== undefined) args[key] = place(String(typed), folder);
  };
}
