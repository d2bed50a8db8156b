import type { Argv } from 'yargs';
import { parseExpectedDigest } from '../../digest/index.js';
import { SealiftError } from '../../errors/index.js';
import { plainName } from '../asked-names.js';
import { type ClientArguments, clientOptions, withClient } from '../client-options.js';
import { fetchFiles, isMany } from '../fetch-files.js';
import { fetchToStdout } from '../fetch-to-stdout.js';
import { reporterFor } from '../report/reporter-for.js';
import { run } from '../run.js';
import { withSuggestion } from '../suggestion.js';

interface FetchArguments extends ClientArguments {
  name: string[];
  dir: string;
  output: string | undefined;
  force: boolean;
  expect: string | undefined;
  noFsync: boolean;
  quiet: boolean;
  jobs: number;
}

const JOBS_MAX = 8;

export const command = ['fetch <name..>', 'get'];
export const describe = 'Download files, and keep only what is verified';

export function builder(yargs: Argv): Argv<FetchArguments> {
  return clientOptions(yargs)
    .positional('name', {
      type: 'string',
      array: true,
      demandOption: true,
      describe: 'a file, a folder (all below it), or a quoted glob pattern',
    })
    .option('dir', {
      alias: 'd',
      type: 'string',
      default: 'downloads',
      requiresArg: true,
      describe: 'folder to put files in, sub-folders kept',
    })
    .option('output', {
      alias: 'o',
      type: 'string',
      requiresArg: true,
      describe: 'path for a single file; - for stdout, verified before the first byte',
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
    .option('no-fsync', {
      type: 'boolean',
      default: false,
      describe: 'do not wait until files would survive a power cut',
    })
    .option('jobs', {
      alias: 'j',
      type: 'number',
      default: 4,
      requiresArg: true,
      describe: `files at a time, 1 to ${JOBS_MAX}`,
    })
    .option('quiet', { alias: 'q', type: 'boolean', default: false, describe: 'say nothing but errors' })
    .check(checkArguments)
    .example('$0 fetch girl.png', 'into downloads/, verified')
    .example('$0 fetch reports -d backup', 'a whole folder')
    .example("$0 fetch '**/*.png' -f", 'all pictures, replacing local ones that differ')
    .example('$0 fetch girl.png -o - | feh -', 'to a pipe')
    .example(
      '$0 fetch x.iso --expect sha256:9f86d0…',
      'from a server you do not trust',
    ) as unknown as Argv<FetchArguments>;
}

function checkArguments({ name, output, expect, jobs, json }: Partial<FetchArguments>): true {
  const single = (name?.length ?? 0) === 1 && !isMany(name ?? []);
  if (output !== undefined && !single)
    throw new SealiftError('USAGE', '--output is for one file, named in full');
  if (expect !== undefined && !single)
    throw new SealiftError('USAGE', '--expect is for one file, named in full');
  if (expect !== undefined) parseExpectedDigest(expect);
  if (output === '-' && json) throw new SealiftError('USAGE', '--json and -o - both want stdout');
  if (jobs === undefined || !Number.isInteger(jobs) || jobs < 1 || jobs > JOBS_MAX) {
    throw new SealiftError('USAGE', `--jobs is a whole number from 1 to ${JOBS_MAX}`);
  }
  return true;
}

export function handler(args: FetchArguments): Promise<void> {
  return run((signal) =>
    withClient(args, signal, async (client) => {
      const { dir, output, force, expect, jobs, json, quiet } = args;
      const toStdout = output === '-';
      const reporter = reporterFor({ json, quiet, isMany: isMany(args.name), toStdout });
      const options = {
        dir,
        force,
        fsync: !args.noFsync,
        signal,
        ...(output === undefined ? {} : { output }),
        ...(expect === undefined ? {} : { expect }),
      };
      try {
        if (!toStdout) return await fetchFiles(client, args.name, { ...options, jobs }, reporter);
        const name = plainName(args.name[0] ?? '');
        try {
          reporter.done(await fetchToStdout(client, name, options));
        } catch (error) {
          throw await withSuggestion(client, name, error, signal);
        }
        return 0;
      } finally {
        reporter.close();
      }
    }),
  );
}
