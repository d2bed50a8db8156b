import type { Argv } from 'yargs';
import type { FetchOptions, Retry, Sealift } from '../../client/index.js';
import { parseExpectedDigest } from '../../digest/index.js';
import { SealiftError } from '../../errors/index.js';
import { asArguments } from '../as-arguments.js';
import { plainName } from '../asked-names.js';
import { type ClientArguments, clientOptions } from '../client-options.js';
import { fetchFiles, isMany } from '../fetch-files.js';
import { fetchOneFile } from '../fetch-one-file.js';
import { type LendClient, ownClient } from '../lend-client.js';
import { useManyThreads } from '../many-threads.js';
import { goOnWithoutStdout } from '../output.js';
import { eventsFor, type FetchReporter } from '../report/fetch-reporter.js';
import { reporterFor } from '../report/reporter-for.js';
import { run } from '../run.js';
import { isShareLink, splitLink } from '../share-links.js';
import { withSuggestion } from '../suggestion.js';
import { parseWhole } from '../whole-number.js';

interface FetchArguments extends ClientArguments {
  name: string[] | undefined;
  dir: string | undefined;
  output: string | undefined;
  force: boolean;
  expect: string | undefined;
  digest: 'md5' | 'blake3';
  noFsync: boolean;
  quiet: boolean;
  jobs: string | undefined;
}

const JOBS_MAX = 8;
/** Files at a time, unless said otherwise. */
const JOBS = 4;

export function builder(yargs: Argv): Argv<FetchArguments> {
  return asArguments<FetchArguments>(
    clientOptions(yargs)
      .usage('$0 fetch <name..>\n$0 fetch <link>\n\nDownload files, and keep only what is verified')
      .positional('name', {
        type: 'string',
        array: true,
        describe:
          'a file, a folder (all below it), or a quoted glob pattern; a share link alone: all that it opens',
      })
      .option('dir', {
        alias: 'd',
        type: 'string',
        defaultDescription: '"downloads"',
        requiresArg: true,
        describe: 'folder to put files in, sub-folders kept',
      })
      .option('output', {
        alias: 'o',
        type: 'string',
        requiresArg: true,
        describe: 'path for a single file; - for stdout, each MiB verified before it goes out',
      })
      .option('force', {
        alias: 'f',
        type: 'boolean',
        default: false,
        describe: 'replace local files that differ',
      })
      .option('expect', {
        type: 'string',
        requiresArg: true,
        describe: 'also require this digest: md5:HEX, sha256:HEX or blake3:HEX',
      })
      .option('digest', {
        choices: ['md5', 'blake3'] as const,
        default: 'md5' as const,
        requiresArg: true,
        describe: 'what decides: the MD5 of the file, or the BLAKE3 digests of its chunks, which is faster',
      })
      .option('no-fsync', {
        type: 'boolean',
        default: false,
        describe: 'do not wait until files would survive a power cut',
      })
      .option('jobs', {
        alias: 'j',
        type: 'string',
        defaultDescription: 'as many as help',
        requiresArg: true,
        describe: `transfers at a time, and parts of a large file, 1 to ${JOBS_MAX}; small files are one together`,
      })
      .option('quiet', { alias: 'q', type: 'boolean', default: false, describe: 'say nothing but errors' })
      .check(checkArguments)
      .example('$0 fetch girl.png', 'into downloads/, verified')
      .example('$0 fetch reports -d backup', 'a whole folder')
      .example("$0 fetch '**/*.png' -f", 'all pictures, replacing local ones that differ')
      .example('$0 fetch http://nas.lan:9696/.sealift/share/…/', 'all that a share link opens')
      .example('$0 fetch x.tar -o - | tar x', 'to a pipe')
      .example('$0 fetch x.iso --expect sha256:9f86d0…', 'from a server you do not trust'),
  );
}

function checkArguments({
  name: words,
  server,
  dir,
  output,
  expect,
  jobs,
  json,
}: {
  [K in 'name' | 'server' | 'dir' | 'output' | 'expect' | 'jobs' | 'json']?: FetchArguments[K] | undefined;
}): true {
  const { names: name } = whatToFetch({ name: words, server: server ?? '' });
  if (name.length === 0)
    throw new SealiftError('USAGE', 'name what to fetch; see "sealift list" for what is there');
  const single = !isMany(name);
  if (output !== undefined && !single)
    throw new SealiftError('USAGE', '--output is for one file, named in full');
  if (expect !== undefined && !single)
    throw new SealiftError('USAGE', '--expect is for one file, named in full');
  if (expect !== undefined) parseExpectedDigest(expect);
  if (output === '-' && json) throw new SealiftError('USAGE', '--json and -o - both want stdout');
  if (output !== undefined && dir !== undefined)
    throw new SealiftError('USAGE', 'either --output, a path for one file, or --dir, a folder');
  if (/^\/dev\/(stdout|fd\/1)$/.test(output ?? ''))
    throw new SealiftError('USAGE', `${output}: write -o - for stdout`);
  if (output === '/dev/null')
    throw new SealiftError('USAGE', `${output} is not a regular file: write -o - > /dev/null`);
  if (jobs !== undefined) parseJobs(jobs);
  return true;
}

/** Of a share link without names, all that it opens. */
function whatToFetch({ name = [], server }: Pick<FetchArguments, 'name' | 'server'>) {
  const asked = splitLink(server, name);
  return asked.names.length === 0 && isShareLink(asked.server) ? { ...asked, names: ['**'] } : asked;
}

function parseJobs(text: string): number {
  return parseWhole('jobs', text, 1, JOBS_MAX);
}

export function handler(args: FetchArguments): Promise<void> {
  // Files matter more than who reads about them: `sealift fetch --json … | head -1` still fetches.
  goOnWithoutStdout();
  useManyThreads();
  const { server, names: name } = whatToFetch(args);
  return run((signal) => perform({ ...args, name }, signal, ownClient({ ...args, server }, signal)));
}

/** Does what the arguments say; returns the exit code. */
export async function perform(args: FetchArguments, signal: AbortSignal, lend: LendClient): Promise<number> {
  const { name = [], output, expect, json, quiet } = args;
  const toStdout = output === '-';
  const jobs = args.jobs === undefined ? undefined : parseJobs(args.jobs);
  const reporter = await reporterFor({ json, quiet, isMany: isMany(name), toStdout });
  let isConnected = false;
  try {
    const useClient = (client: Sealift) => {
      isConnected = true;
      const one = plainName(name[0] ?? '');
      const options = { ...fetchOptions(args), signal };
      if (toStdout) return fetchOneToStdout(client, one, options, reporter);
      if (output !== undefined || expect !== undefined) return fetchOneFile(client, one, options, reporter);
      return fetchFiles(client, name, { ...options, jobs: jobs ?? JOBS }, reporter);
    };
    const onRetry = (retry: Retry) => reporter.retry(null, retry);
    return await lend(useClient, { connections: jobs, onRetry });
  } catch (error) {
    // A program gets an event for every name it asked for.
    if (json && !isConnected) for (const asked of name) reporter.failed(asked, error);
    throw error;
  } finally {
    reporter.close();
  }
}

function fetchOptions({ dir, output, force, expect, digest, noFsync, jobs }: FetchArguments) {
  return {
    force,
    fsync: !noFsync,
    digest,
    ...(jobs === undefined ? {} : { connections: parseJobs(jobs) }),
    ...(dir === undefined ? {} : { dir }),
    ...(output === undefined ? {} : { output }),
    ...(expect === undefined ? {} : { expect }),
  };
}

async function fetchOneToStdout(
  client: Sealift,
  name: string,
  options: FetchOptions & { signal: AbortSignal },
  reporter: FetchReporter,
): Promise<number> {
  const { fetchToStdout } = await import('../fetch-to-stdout.js');
  try {
    const file = await fetchToStdout(client, name, { ...options, ...eventsFor(reporter, name) });
    if (file) reporter.done(file);
  } catch (error) {
    throw await withSuggestion(client, name, error, options.signal);
  }
  return 0;
}
