import type { Argv } from 'yargs';
import type { Sealift } from '../../client/index.js';
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
      const tally = new Tally(args.json);
      if (!args.name?.length) {
        for await (const { name } of client.list('**', { signal })) {
          const outcome = await client.verify(name, { dir: args.dir, signal });
          if (outcome.status !== 'MISSING') tally.add(name, outcome.status);
        }
        if (tally.count === 0 && !args.json) note(`sealift: no served file is in ${shown(args.dir)}`);
      } else for (const asked of args.name) await verifyAsked(client, asked, args.dir, signal, tally);
      return tally.exitCode;
    }),
  );
}

async function verifyAsked(
  client: Sealift,
  asked: string,
  dir: string,
  signal: AbortSignal,
  tally: Tally,
): Promise<void> {
  for await (const name of namesFor(client, asked, signal)) {
    try {
      tally.add(name, (await client.verify(name, { dir, signal })).status);
    } catch (error) {
      if (systemCode(error) !== 'NOT_FOUND' || mayBeMany(asked)) tally.fail(name, error);
      else await verifyBelow(client, name, dir, signal, tally, error);
    }
  }
}

async function verifyBelow(
  client: Sealift,
  folder: string,
  dir: string,
  signal: AbortSignal,
  tally: Tally,
  notFound: unknown,
): Promise<void> {
  let count = 0;
  for await (const name of namesBelow(client, folder, signal)) {
    count++;
    tally.add(name, (await client.verify(name, { dir, signal })).status);
  }
  if (count === 0) tally.fail(folder, await withSuggestion(client, folder, notFound, signal));
}

class Tally {
  count = 0;
  exitCode = 0;

  constructor(private readonly json: boolean) {}

  add(name: string, status: 'OK' | 'FAILED' | 'MISSING'): void {
    this.count++;
    if (status !== 'OK') this.exitCode ||= exitCodeOf('CORRUPT');
    if (this.json) printJson({ name, status });
    else printLine(`${shown(name)}: ${status}`);
  }

  /** Goes on with the other files, unless the server is gone or the user has had enough. */
  fail(name: string, error: unknown): void {
    if (!(error instanceof SealiftError) || error.code === 'ABORTED' || error.code === 'NETWORK') throw error;
    this.exitCode ||= exitCodeOf(error.code);
    if (this.json) printJson({ name, status: 'ERROR', code: error.code, message: error.message });
    else note(`sealift: ${shown(error.message)}`);
  }
}
