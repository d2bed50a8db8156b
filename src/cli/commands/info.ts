import type { Argv } from 'yargs';
import type { Sealift } from '../../client/index.js';
import { SealiftError, systemCode } from '../../errors/index.js';
import { escapePattern } from '../../protocol/index.js';
import { asArguments } from '../as-arguments.js';
import { plainName } from '../asked-names.js';
import { type ClientArguments, clientOptions } from '../client-options.js';
import { formatBytes, formatTime } from '../format.js';
import { type LendClient, ownClient } from '../lend-client.js';
import { printJson, printLine, shown } from '../output.js';
import { HashingLine } from '../report/hashing-line.js';
import { run } from '../run.js';
import { isShareLink, splitLink } from '../share-links.js';
import { withSuggestion } from '../suggestion.js';

interface InfoArguments extends ClientArguments {
  name: string;
}

export function builder(yargs: Argv): Argv<InfoArguments> {
  return asArguments<InfoArguments>(
    clientOptions(yargs)
      .usage("$0 info <name>\n\nShow one file's facts")
      .positional('name', { type: 'string', describe: 'name of a served file' })
      .check(({ name }) => {
        if (name === undefined)
          throw new SealiftError('USAGE', 'name a file; see "sealift list" for what is there');
        if (isShareLink(name)) throw new SealiftError('USAGE', 'name a file of the link: info -s LINK NAME');
        splitLink('', [name]);
        return true;
      })
      .example('$0 info girl.png', 'name, size, type, time and MD5')
      .example('$0 info girl.png --json', 'the same for a program'),
  );
}

export function handler(args: InfoArguments): Promise<void> {
  return run((signal) => perform(args, signal, ownClient(args, signal)));
}

/** Does what the arguments say; returns the exit code. */
export function perform(args: InfoArguments, signal: AbortSignal, lend: LendClient): Promise<number> {
  return lend(async (client) => {
    const name = plainName(args.name);
    let info: Awaited<ReturnType<typeof client.stat>>;
    try {
      info = await new HashingLine(args.json).during((onHashing) => client.stat(name, { signal, onHashing }));
    } catch (error) {
      throw await withSuggestion(client, name, error, signal);
    }
    const verifiedAt = await verifiedAtOf(client, name, signal);
    if (args.json) printJson({ ...info, verifiedAt });
    else {
      printLine(`name:      ${shown(info.name)}`);
      printLine(`size:      ${info.size} bytes (${formatBytes(info.size)})`);
      printLine(`type:      ${shown(info.type)}`);
      printLine(`modified:  ${formatTime(info.mtime)}`);
      printLine(`md5:       ${info.md5}`);
      if (verifiedAt === null) printLine('verified:  never');
      else if (verifiedAt !== undefined) printLine(`verified:  ${formatTime(verifiedAt)}`);
    }
    return 0;
  });
}

/**
 * When the server last found the file's bytes right, in milliseconds since the Unix epoch, or null: a listing tells.
 * Undefined if it does not; what `stat` told is as good without.
 */
async function verifiedAtOf(
  client: Sealift,
  name: string,
  signal: AbortSignal,
): Promise<number | null | undefined> {
  try {
    for await (const entry of client.list(escapePattern(name), { signal })) return entry.verifiedAt;
  } catch (error) {
    if (systemCode(error) === 'ABORTED') throw error;
  }
  return undefined;
}
