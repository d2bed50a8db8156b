import { opendir } from 'node:fs/promises';
import type { Argv } from 'yargs';
import type { Sealift, Verification } from '../../client/index.js';
import { exitCodeOf, localError, systemCode } from '../../errors/index.js';
import type { Entry } from '../../protocol/index.js';
import { asArguments } from '../as-arguments.js';
import { namesBelow, namesFor } from '../asked-names.js';
import { type ClientArguments, clientOptions } from '../client-options.js';
import { formatBytes } from '../format.js';
import { type LendClient, ownClient } from '../lend-client.js';
import { note, printJson, printLine, shown } from '../output.js';
import { OUTERMOST, type Place } from '../place.js';
import { repairLine, retryLine } from '../report/fetch-lines.js';
import { HashingLine } from '../report/hashing-line.js';
import { failsOneFile, run } from '../run.js';
import { splitLink } from '../share-links.js';
import { withSuggestion } from '../suggestion.js';

interface VerifyArguments extends ClientArguments {
  name: string[] | undefined;
  dir: string;
  repair: boolean;
}

export function builder(yargs: Argv): Argv<VerifyArguments> {
  return asArguments<VerifyArguments>(
    clientOptions(yargs)
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
      .option('repair', {
        type: 'boolean',
        default: false,
        describe: 'mend files that differ: fetch what is wrong, verify, and put it in place at once',
      })
      .epilogue(
        'Exit code: 0 if all is OK or REPAIRED; 4 for a local file that is FAILED or MISSING; 3 for a name that the server does not\n' +
          'have; of several failures, the first one decides.',
      )
      .example('$0 verify', 'all that was fetched into downloads/')
      .example('$0 verify girl.png -d backup', 'one file')
      .example('$0 verify --repair', 'make local copies right again'),
  );
}

export function handler(args: VerifyArguments): Promise<void> {
  return run((signal) => {
    const { server, names } = splitLink(args.server, args.name ?? []);
    const asked = { ...args, server, name: names };
    return perform(asked, signal, ownClient(asked, signal));
  });
}

/** Does what the arguments say, at `place`; returns the exit code. */
export function perform(
  args: VerifyArguments,
  signal: AbortSignal,
  lend: LendClient,
  place: Place = OUTERMOST,
): Promise<number> {
  return lend(async (client) => {
    await requireFolder(args.dir);
    const verification = new VerificationRun(client, args, signal);
    if (args.name?.length) for (const asked of args.name) await verification.asked(asked);
    else await verification.allThatIsLocal(place);
    return verification.exitCode;
  });
}

/** @throws SealiftError when it is not there: an answer of MISSING for all that is in it would hide a typing error */
async function requireFolder(dir: string): Promise<void> {
  try {
    await (await opendir(dir)).close();
  } catch (error) {
    throw localError(error, dir);
  }
}

interface TallyOptions {
  entry?: Entry;
  skipMissing?: boolean;
  mayBeFolder?: boolean;
}

class VerificationRun {
  #count = 0;
  readonly #hashing: HashingLine;
  #exitCode = 0;

  constructor(
    private readonly client: Sealift,
    private readonly args: VerifyArguments,
    private readonly signal: AbortSignal,
  ) {
    this.#hashing = new HashingLine(args.json);
  }

  get exitCode(): number {
    return this.#exitCode;
  }

  async allThatIsLocal({ pattern }: Place): Promise<void> {
    const { client, args, signal } = this;
    for await (const entry of client.list(pattern, { signal })) {
      await this.#tally(entry.name, { entry, skipMissing: true });
    }
    if (this.#count === 0 && !args.json) note(`sealift: no served file is in ${shown(args.dir)}`);
  }

  async asked(asked: string): Promise<void> {
    const { client, signal } = this;
    for await (const page of namesFor(client, asked, signal)) {
      for (const { name, entry } of page) {
        const notFound = await this.#tally(name, { mayBeFolder: entry === undefined });
        if (notFound !== null) await this.#folder(name, notFound);
      }
    }
  }

  /** What was no file may be a folder. */
  async #folder(name: string, notFound: unknown): Promise<void> {
    const { client, signal } = this;
    const countBefore = this.#count;
    for await (const page of namesBelow(client, name, signal)) {
      for (const below of page) await this.#tally(below.name, {});
    }
    if (this.#count > countBefore) return;
    this.#fail(name, await withSuggestion(client, name, notFound, signal));
  }

  /** Returns the error if it says that there is no such file, which may be a folder then. */
  async #tally(name: string, { entry, skipMissing, mayBeFolder }: TallyOptions): Promise<unknown> {
    const { client, args, signal } = this;
    const options = { dir: args.dir, signal, ...(entry ? { entry } : {}) };
    try {
      const { status } = await this.#hashing.during((onHashing) =>
        client.verify(name, { ...options, onHashing }),
      );
      if (status === 'FAILED' && args.repair) await this.#repair(name);
      else if (status !== 'MISSING' || !skipMissing) this.#tell(name, status);
    } catch (error) {
      if (mayBeFolder && systemCode(error) === 'NOT_FOUND') return error;
      this.#fail(name, error);
    }
    return null;
  }

  async #repair(name: string): Promise<void> {
    const { client, args, signal } = this;
    const { size, resumedFrom } = await this.#hashing.during((onHashing) =>
      client.repair(name, {
        dir: args.dir,
        signal,
        onHashing,
        onRepair: (repair) => note(repairLine(name, repair)),
        onRetry: (retry) => note(retryLine(name, retry)),
      }),
    );
    this.#tell(name, 'REPAIRED');
    if (!args.json)
      note(`${shown(name)}: ${formatBytes(size - resumedFrom)} of ${formatBytes(size)} fetched again`);
  }

  #tell(name: string, status: Verification['status'] | 'REPAIRED'): void {
    this.#count++;
    if (status !== 'OK' && status !== 'REPAIRED') this.#exitCode ||= exitCodeOf('CORRUPT');
    if (this.args.json) printJson({ name, status });
    else printLine(`${shown(name)}: ${status}`);
  }

  /** Goes on with the other files, unless the server is gone or the user has had enough. */
  #fail(name: string, error: unknown): void {
    if (!failsOneFile(error)) throw error;
    this.#count++;
    this.#exitCode ||= exitCodeOf(error.code);
    if (this.args.json) return printJson({ name, status: 'ERROR', code: error.code, message: error.message });
    // Rotten on the server: nothing can be the same as it.
    if (error.code === 'CORRUPT') printLine(`${shown(name)}: FAILED`);
    note(`sealift: ${shown(error.message)}`);
  }
}
