import type { Argv } from 'yargs';
import type { Sealift } from '../../client/index.js';
import { SealiftError } from '../../errors/index.js';
import type { Entry } from '../../protocol/index.js';
import { asArguments } from '../as-arguments.js';
import { patternOf } from '../asked-names.js';
import { type ClientArguments, clientOptions } from '../client-options.js';
import { formatAge, formatBytes, formatTime } from '../format.js';
import { type LendClient, ownClient } from '../lend-client.js';
import { jsonLine, printLine, printLines, shown } from '../output.js';
import { OUTERMOST, type Place } from '../place.js';
import { HashingLine } from '../report/hashing-line.js';
import { noteFailure, run } from '../run.js';
import { splitLink } from '../share-links.js';
import { withSuggestion } from '../suggestion.js';
import { Table } from '../table.js';

interface ListArguments extends ClientArguments {
  pattern: string | undefined;
  md5sum: boolean;
}

const NOT_HASHED = 'not hashed yet';
/** The bytes on the server are not the ones that it hashed once. */
const NOT_SERVED = 'damaged, not served';

export function builder(yargs: Argv): Argv<ListArguments> {
  return asArguments<ListArguments>(
    clientOptions(yargs)
      .positional('pattern', {
        type: 'string',
        describe: 'a name, a folder, a quoted glob pattern, or a share link',
      })
      .option('md5sum', { type: 'boolean', default: false, describe: 'print lines that md5sum -c accepts' })
      .check(({ md5sum, json }) => {
        if (md5sum && json) throw new SealiftError('USAGE', 'either --md5sum or --json');
        return true;
      })
      .example('$0 list', 'everything')
      .example("$0 list '**/*.png'", 'pictures in all folders')
      .example('$0 list reports', 'one folder')
      .example('$0 list --md5sum > MD5SUMS', 'then: md5sum -c MD5SUMS'),
  );
}

export function handler(args: ListArguments): Promise<void> {
  return run((signal) => {
    const { server, names } = splitLink(args.server, args.pattern === undefined ? [] : [args.pattern]);
    const asked = { ...args, server, pattern: names[0] };
    return perform(asked, signal, ownClient(asked, signal));
  });
}

/** Does what the arguments say, at `place`; returns the exit code. */
export function perform(
  args: ListArguments,
  signal: AbortSignal,
  lend: LendClient,
  place: Place = OUTERMOST,
): Promise<number> {
  return lend(async (client) => {
    const { pattern, json, md5sum } = args;
    const pages =
      pattern === undefined ? client.listPages(place.pattern, { signal }) : matching(client, pattern, signal);
    if (json) await printEntries(pages);
    else if (md5sum) return await printSums(client, pages, signal);
    else await printTable(pages, place);
    return 0;
  });
}

type Pages = AsyncIterable<readonly Entry[]>;

async function* matching(
  client: Sealift,
  asked: string,
  signal: AbortSignal,
): AsyncGenerator<readonly Entry[]> {
  let count = 0;
  for await (const page of client.listPages(patternOf(asked), { signal })) {
    count += page.length;
    yield page;
  }
  if (count > 0) return;
  const error = new SealiftError('NOT_FOUND', `${asked}: no served file matches`);
  throw await withSuggestion(client, asked, error, signal);
}

async function printEntries(pages: Pages): Promise<void> {
  for await (const page of pages) printLines(page.map(jsonLine));
}

async function printTable(pages: Pages, place: Place): Promise<void> {
  const table = new Table([
    { title: 'NAME', align: 'left' },
    { title: 'SIZE', align: 'right' },
    // Far to the left: a narrow terminal has no room for all columns.
    { title: 'VERIFIED', align: 'left' },
    { title: 'TYPE', align: 'left' },
    { title: 'MODIFIED', align: 'left' },
    { title: 'MD5', align: 'left' },
  ]);
  let isFirst = true;
  const print = async (entries: readonly Entry[]) => {
    const rows = entries.map((entry) => rowOf(entry, place));
    await table.measure(rows);
    printLines([...(isFirst ? [table.header()] : []), ...rows.map((row) => table.row(row))]);
    isFirst = false;
  };
  for await (const page of pages) if (page.length > 0) await print(page);
  if (isFirst) await print([]);
}

function rowOf(entry: Entry, place: Place): string[] {
  const { name, size, type, mtime, md5 } = entry;
  const digest = entry.rotten ? NOT_SERVED : (md5 ?? NOT_HASHED);
  const here = shown(place.nameHere(name));
  return [here, formatBytes(size), verified(entry), shown(type), formatTime(mtime), digest];
}

/** When the server last found the bytes right. */
function verified({ verifiedAt, rotten }: Entry): string {
  if (rotten) return 'ROTTEN';
  return verifiedAt === null || verifiedAt === undefined ? 'never' : formatAge(verifiedAt);
}

/**
 * Digests that the server does not have yet are asked for one by one. A file without one does not stop the others;
 * returns the first failure's exit code.
 */
async function printSums(client: Sealift, pages: Pages, signal: AbortSignal): Promise<number> {
  const hashing = new HashingLine(false);
  let exitCode = 0;
  for await (const page of pages) {
    for (const { name, md5 } of page) {
      try {
        const sum =
          md5 ?? (await hashing.during((onHashing) => client.stat(name, { signal, onHashing }))).md5;
        printLine(`${sum}  ${name}`);
      } catch (error) {
        const failure = noteFailure(error);
        exitCode ||= failure;
      }
    }
  }
  return exitCode;
}
