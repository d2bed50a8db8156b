import type { Argv } from 'yargs';
import { isLoopback, type Sealift } from '../../client/index.js';
import { SealiftError } from '../../errors/index.js';
import {
  escapePattern,
  isName,
  isPattern,
  Pattern,
  SHARE_SECONDS_MAX,
  SHARE_USES_MAX,
} from '../../protocol/index.js';
import { asArguments } from '../as-arguments.js';
import { patternOf, plainName } from '../asked-names.js';
import { type ClientArguments, clientOptions, withClient } from '../client-options.js';
import { parseDuration } from '../duration.js';
import { note, printJson, printLine, shown } from '../output.js';
import { printShares, shareLine } from '../report/share-lines.js';
import { noteFailure, run } from '../run.js';
import { showQrCode } from '../show-qr-code.js';
import { withSuggestion } from '../suggestion.js';
import { parseWhole } from '../whole-number.js';

interface ShareArguments extends ClientArguments {
  name: string[] | undefined;
  expires: string;
  uses: string | undefined;
  host: string | undefined;
  force: boolean;
  list: boolean;
  revoke: boolean;
}

export function builder(yargs: Argv): Argv<ShareArguments> {
  return asArguments<ShareArguments>(
    clientOptions(yargs)
      .usage(
        '$0 share <name>\n$0 share --list\n$0 share --revoke <id..>\n\nMake a link that opens a file, a folder or a pattern, and nothing else',
      )
      .positional('name', {
        type: 'string',
        array: true,
        describe: 'a file, a folder (all below it), or a quoted glob pattern; with --revoke: ids of links',
      })
      .option('expires', {
        type: 'string',
        default: '7d',
        requiresArg: true,
        describe: 'how long the link is good for, such as 30m, 12h or 7d, or never',
      })
      .option('uses', {
        type: 'string',
        requiresArg: true,
        defaultDescription: 'any number',
        describe: `fetches that it is good for, 1 to ${SHARE_USES_MAX}; one that breaks off counts, browsing does not`,
      })
      .option('host', {
        type: 'string',
        requiresArg: true,
        defaultDescription: 'as in --server',
        describe: 'under which address others reach the server: HOST, HOST:PORT or https://HOST',
      })
      .option('force', {
        alias: 'f',
        type: 'boolean',
        default: false,
        describe:
          'make the link even if nothing that it opens is there yet, or a file has the name of a pattern',
      })
      .option('list', { type: 'boolean', default: false, describe: 'show the links that were made' })
      .option('revoke', { type: 'boolean', default: false, describe: 'end links, at once' })
      .check(checkArguments)
      .epilogue(
        'For who has the token of the server: in SEALIFT_TOKEN, or in ~/.config/sealift/tokens as a line "HOST:PORT TOKEN".',
      )
      .example('$0 share reports --expires 1d', 'a folder, for a day')
      .example('$0 share girl.png --uses 1', 'a file, to be fetched once')
      .example('$0 share --revoke 9f3a01c2d4e5', 'no more'),
  );
}

function checkArguments({
  name = [],
  list,
  revoke,
  expires,
  uses,
}: {
  [K in 'name' | 'list' | 'revoke' | 'expires' | 'uses']?: ShareArguments[K] | undefined;
}): true {
  if (list && revoke) throw new SealiftError('USAGE', 'either --list or --revoke');
  if (list && name.length > 0) throw new SealiftError('USAGE', '--list takes no name');
  if (revoke && name.length === 0)
    throw new SealiftError('USAGE', 'which link? "sealift share --list" has the ids');
  if (!list && !revoke && name.length !== 1)
    throw new SealiftError('USAGE', 'share one file, folder or quoted pattern; "{a,b}" stands for several');
  if (expires !== undefined) parseExpires(expires);
  if (uses !== undefined) parseUses(uses);
  return true;
}

function parseExpires(text: string): number | undefined {
  if (text === 'never') return undefined;
  const milliseconds = parseDuration('--expires', text, SHARE_SECONDS_MAX * 1_000);
  if (milliseconds < 1_000) throw new SealiftError('USAGE', `--expires "${text}": a second at the least`);
  return milliseconds;
}

function parseUses(text: string): number {
  return parseWhole('uses', text, 1, SHARE_USES_MAX);
}

export function handler(args: ShareArguments): Promise<void> {
  return run((signal) =>
    withClient(args, signal, async (client) => {
      const { name = [], list, revoke, json } = args;
      if (list) {
        await printShares(client.shares({ signal }), json);
        return 0;
      }
      return revoke ? revokeAll(client, name, json, signal) : shareOne(client, name[0] ?? '', args, signal);
    }),
  );
}

async function shareOne(
  client: Sealift,
  asked: string,
  { expires, uses, host, force, json }: ShareArguments,
  signal: AbortSignal,
): Promise<number> {
  const { pattern, files } = await opened(client, asked, force, signal);
  if (files === 0 && !force) {
    const error = new SealiftError(
      'NOT_FOUND',
      `${asked}: no served file matches; --force shares it all the same`,
    );
    throw await withSuggestion(client, asked, error, signal);
  }
  const milliseconds = parseExpires(expires);
  const share = await client.share({
    pattern,
    ...(milliseconds === undefined ? {} : { expires: milliseconds }),
    ...(uses === undefined ? {} : { uses: parseUses(uses) }),
    ...(host === undefined ? {} : { as: host }),
    signal,
  });
  if (json) printJson({ ...share, files });
  else {
    printLine(share.link);
    note(`sealift: ${shareLine(share, files)}`);
  }
  const reached = new URL(share.link).hostname.replace(/^\[|\]$/g, '');
  if (isOwn(reached)) {
    note(`sealift: only this machine reaches ${reached}; --host says under which address others do`);
  } else if (!json && process.stderr.isTTY) await showQrCode(share.link);
  return 0;
}

/**
 * A file may have a name that looks like a pattern.
 * @throws SealiftError USAGE where both are there: nothing is opened that may not be meant
 */
async function opened(
  client: Sealift,
  asked: string,
  isPatternMeant: boolean,
  signal: AbortSignal,
): Promise<{ pattern: string; files: number }> {
  const pattern = patternOf(asked);
  const files = await countMatching(client, pattern, signal);
  const plain = plainName(asked);
  if (!isPattern(plain) || !isName(plain)) return { pattern, files };
  const literal = `${escapePattern(plain)}/**`;
  const found = await countMatching(client, literal, signal);
  if (found === 0 || (isPatternMeant && files > 0)) return { pattern, files };
  // What matches the name as well matches all that it stands for.
  const isSame = files === found && new Pattern(pattern).matches(plain);
  if (files === 0 || isSame) return { pattern: literal, files: found };
  throw new SealiftError(
    'USAGE',
    `${asked}: there is a file or folder of this very name, and a pattern written so opens ${files} files; share "${escapePattern(plain)}" for what has the name, or add --force for the pattern`,
  );
}

async function countMatching(client: Sealift, pattern: string, signal: AbortSignal): Promise<number> {
  let count = 0;
  for await (const page of client.listPages(pattern, { signal })) count += page.length;
  return count;
}

/** One that fails does not stop the others; returns the first failure's exit code. */
async function revokeAll(
  client: Sealift,
  ids: string[],
  json: boolean,
  signal: AbortSignal,
): Promise<number> {
  let exitCode = 0;
  for (const id of ids) {
    try {
      await client.revoke(id, { signal });
      if (json) printJson({ id, revoked: true });
      else note(`sealift: ${shown(id)} is revoked`);
    } catch (error) {
      const failure = noteFailure(error);
      exitCode ||= failure;
    }
  }
  return exitCode;
}

function isOwn(host: string): boolean {
  return host === 'localhost' || isLoopback(host);
}
