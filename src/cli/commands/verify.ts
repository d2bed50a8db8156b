import type { Argv } from 'yargs';
import type { Sealift, Verification } from '../../client/index.js';
import { exitCodeOf, SealiftError, systemCode } from '../../errors/index.js';
import { mayBeMany, namesBelow, namesFor } from '../asked-names.js';
import { type ClientArguments, clientOptions, withClient } from '../client-options.js';
import { note, printJson, printLine, shown } from '../output.js';
import { run } from '../run.js';
import { withSuggestion } from '../suggestion.js';

interface VerifyArguments extends ClientArguments {
  name: string[] | undefined;
  dir: string;
}

export const command = 'verify [name..]';
export const describe = "Compare local files with the server's digests, without downloading";

export function builder(yargs: Argv): Argv<VerifyArguments> {
  return clientOptions(yargs)
    .positional('name', {
      type: 'string',
      array: true,
      describe:
        'files, folders or quoted glob patterns; without one, every served file that is there locally',
    })
    .option('dir', {
      alias: 'd',
      type: 'string',
      default: 'downloads',
      requiresArg: true,
      describe: 'folder of the local files',
    })
    .example('$0 verify', 'all that was fetched into downloads/')
    .example('$0 verify girl.png -d backup', 'one file') as unknown as Argv<VerifyArguments>;
}

export function handler(args: VerifyArguments): Promise<void> {
  return run((signal) =>
    withClient(args, signal, async (client) => {
      const verification = new VerificationRun(client, args, signal);
      if (args.name?.length) for (const asked of args.name) await verification.asked(asked);
      else await verification.allThatIsLocal();
      return verification.exitCode;
    }),
  );
}

class VerificationRun {
  #count = 0;
  #exitCode = 0;

  constructor(
    private readonly client: Sealift,
    private readonly args: VerifyArguments,
    private readonly signal: AbortSignal,
  ) {}

  get exitCode(): number {
    return this.#exitCode;
  }

  async allThatIsLocal(): Promise<void> {
    const { client, args, signal } = this;
    for await (const entry of client.list('**', { signal })) {
      await this.#tally(entry.name, client.verify(entry.name, { dir: args.dir, entry, signal }), true);
    }
    if (this.#count === 0 && !args.json) note(`sealift: no served file is in ${shown(args.dir)}`);
  }

  async asked(asked: string): Promise<void> {
    const { client, signal } = this;
    for await (const name of namesFor(client, asked, signal)) {
      const notFound = await this.#one(name, !mayBeMany(asked));
      if (notFound === null) continue;
      const countBefore = this.#count;
      for await (const below of namesBelow(client, name, signal)) await this.#one(below, false);
      if (this.#count === countBefore) {
        this.#fail(name, await withSuggestion(client, name, notFound, signal));
      }
    }
  }

  /** Returns the error if it says that there is no such file, which may be a folder then. */
  async #one(name: string, mayBeFolder: boolean): Promise<unknown> {
    const { client, args, signal } = this;
    const verification = client.verify(name, { dir: args.dir, signal });
    return this.#tally(name, verification, false, mayBeFolder);
  }

  async #tally(
    name: string,
    verification: Promise<Verification>,
    skipMissing: boolean,
    mayBeFolder = false,
  ): Promise<unknown> {
    try {
      const { status } = await verification;
      if (status !== 'MISSING' || !skipMissing) this.#tell(name, status);
    } catch (error) {
      if (mayBeFolder && systemCode(error) === 'NOT_FOUND') return error;
      this.#fail(name, error);
    }
    return null;
  }

  #tell(name: string, status: Verification['status']): void {
    this.#count++;
    if (status !== 'OK') this.#exitCode ||= exitCodeOf('CORRUPT');
    if (this.args.json) printJson({ name, status });
    else printLine(`${shown(name)}: ${status}`);
  }

  /** Goes on with the other files, unless the server is gone or the user has had enough. */
  #fail(name: string, error: unknown): void {
    if (!(error instanceof SealiftError) || error.code === 'ABORTED' || error.code === 'NETWORK') throw error;
    this.#count++;
    this.#exitCode ||= exitCodeOf(error.code);
    if (this.args.json) printJson({ name, status: 'ERROR', code: error.code, message: error.message });
    else note(`sealift: ${shown(error.message)}`);
  }
}
