import { SealiftError } from '../../errors/index.js';
import { isName } from '../../protocol/index.js';
import { namesBelow } from '../asked-names.js';
import { printJson, printLine, shown } from '../output.js';
import { RemoteFolder } from './remote-folder.js';
import type { ShellCommand } from './shell-command.js';

export const cd: ShellCommand = {
  usage: 'cd [folder]',
  describe: 'go to a folder; without one, to the outermost',
  takes: 'folders',
  run: async (words, shell, signal) => {
    const [typed = '/', ...more] = words;
    if (more.length > 0) throw new SealiftError('USAGE', `too many arguments: ${more.join(', ')}`);
    if (typed === '') throw new SealiftError('USAGE', 'cd: name a folder');
    const path = shell.folder.nameOf(typed);
    if (path !== '') await requireFolder(path, shell.lend, signal);
    shell.folder = new RemoteFolder(path);
    return 0;
  },
};

/** A folder is there if a file is below it: the protocol knows files only. */
async function requireFolder(
  path: string,
  lend: Parameters<ShellCommand['run']>[1]['lend'],
  signal: AbortSignal,
): Promise<void> {
  const isFile = await lend(async (client) => {
    if (!isName(path)) return null;
    for await (const page of namesBelow(client, path, signal)) {
      // What is called like the folder itself is a file.
      if (page.length > 0) return page.every(({ name }) => name === path);
    }
    return null;
  });
  if (isFile === null) throw new SealiftError('NOT_FOUND', `${path}: no such folder`);
  if (isFile) throw new SealiftError('NOT_FOUND', `${path}: this is a file, not a folder`);
}

export const pwd: ShellCommand = {
  usage: 'pwd',
  describe: 'print the folder that names are taken from',
  takes: 'nothing',
  run: async (_words, { folder, json }) => {
    if (json) printJson({ folder: `/${folder.path}` });
    else printLine(shown(`/${folder.path}`));
    return 0;
  },
};
