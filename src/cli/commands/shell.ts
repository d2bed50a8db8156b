import type { Argv } from 'yargs';
import type { Sealift } from '../../client/index.js';
import { asArguments } from '../as-arguments.js';
import { type ClientArguments, clientOptions, withClient } from '../client-options.js';
import { useManyThreads } from '../many-threads.js';
import { goOnWithoutStdout } from '../output.js';
import { reportError, run } from '../run.js';
import { splitLink } from '../share-links.js';
import { runDialogue } from '../shell/dialogue.js';
import { Interrupts } from '../shell/interrupts.js';
import { runScript } from '../shell/script.js';
import { Session } from '../shell/session.js';

interface ShellArguments extends ClientArguments {
  file: string | undefined;
}

export function builder(yargs: Argv): Argv<ShellArguments> {
  return asArguments<ShellArguments>(
    clientOptions(yargs)
      .positional('file', {
        type: 'string',
        describe: 'a file of commands, one a line; without one they are typed, or read from a pipe',
      })
      .epilogue(
        'Commands: ls, cd, pwd, get, info, verify, exec, ping, help, exit; with the options that they have\n' +
          'outside. Tab completes; Ctrl-C ends what runs, and not the shell. What was typed is kept in\n' +
          '$XDG_STATE_HOME/sealift/history, else ~/.local/state/sealift/history, but for lines that begin with\n' +
          'a space or look as if they had a secret in them.\n\n' +
          'Exit code: 0 after exit or Ctrl-D; that of the first command that fails in a file or a pipe, where\n' +
          'nothing more is done then.',
      )
      .example('$0 shell -s nas:9696', 'a prompt for that server')
      .example("echo 'get reports -f' | $0 shell", 'without a prompt')
      .example('$0 shell nightly.txt', 'commands from a file; # begins a comment'),
  );
}

export async function handler(asked: ShellArguments): Promise<void> {
  const args = withLink(asked);
  // As with fetch, what it does matters more than who reads about it.
  goOnWithoutStdout();
  useManyThreads();
  const isTyped = args.file === undefined && process.stdin.isTTY && process.stderr.isTTY;
  if (!isTyped) {
    return run((signal) => withSession(args, signal, (session) => runScript(session, args.file, signal)));
  }
  const interrupts = new Interrupts();
  try {
    process.exitCode = await interrupts.during((signal) =>
      withSession(args, signal, (session) => runDialogue(session, interrupts)),
    );
  } catch (error) {
    process.exitCode = reportError(error);
  } finally {
    interrupts.stop();
  }
}

/** Where a share link stands for the file, it is the server. */
function withLink(args: ShellArguments): ShellArguments {
  const { server, names } = splitLink(args.server, args.file === undefined ? [] : [args.file]);
  return { ...args, server, file: names[0] };
}

function withSession<R>(
  args: ShellArguments,
  signal: AbortSignal,
  use: (session: Session) => Promise<R>,
): Promise<R> {
  let session: Session | null = null;
  const useClient = (client: Sealift) => {
    session = new Session(client, args.json);
    return use(session);
  };
  return withClient(args, signal, useClient, (retry) => session?.retrying(retry));
}
