import type { Retry, Sealift } from '../../client/index.js';
import { noteInTerminal } from '../client-options.js';
import type { ClientWishes } from '../lend-client.js';
import { endLine } from '../output.js';
import { reportError } from '../run.js';
import { wordsOf } from './line.js';
import { RemoteFolder } from './remote-folder.js';
import type { ShellState } from './shell-command.js';
import { commandOf } from './shell-commands.js';

/** One server, one folder in it, and the commands that are given one after the other. */
export class Session implements ShellState {
  folder = new RemoteFolder();
  isOver = false;
  /** Nobody is told of what is asked anew while no command runs. */
  #onRetry: ((retry: Retry) => void) | null = null;

  constructor(
    readonly client: Sealift,
    readonly json: boolean,
  ) {}

  /** `127.0.0.1:9696:/sub`: the server, and the folder. */
  get place(): string {
    return `${this.client.url.replace(/^[a-z]+:\/\//, '')}:/${this.folder.path}`;
  }

  /** For the client, which is made before. */
  retrying(retry: Retry): void {
    this.#onRetry?.(retry);
  }

  lend = async <R>(
    use: (client: Sealift) => Promise<R>,
    { onRetry = noteInTerminal }: ClientWishes = {},
  ): Promise<R> => {
    this.#onRetry = onRetry;
    try {
      return await use(this.client);
    } finally {
      this.#onRetry = null;
    }
  };

  /** Does what a line says, and tells what went wrong; returns the exit code. An empty line does nothing. */
  async execute(line: string, signal: AbortSignal): Promise<number> {
    try {
      const [name, ...words] = wordsOf(line);
      if (name === undefined) return 0;
      return await commandOf(name).run(words, this, signal);
    } catch (error) {
      return reportError(error);
    } finally {
      endLine();
    }
  }
}
