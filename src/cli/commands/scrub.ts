import type { Argv } from 'yargs';
import { exitCodeOf } from '../../errors/index.js';
import { isName } from '../../protocol/index.js';
import { type ScrubProgress, type ScrubReport, scrubFolder } from '../../store/index.js';
import { asArguments } from '../as-arguments.js';
import { goOnWithoutStdout, note } from '../output.js';
import { parseRate } from '../rate.js';
import { scrubReporterFor } from '../report/scrub-reporter.js';
import { run } from '../run.js';

interface ScrubArguments {
  dir: string | undefined;
  limit: string | undefined;
  json: boolean;
  quiet: boolean;
}

export function builder(yargs: Argv): Argv<ScrubArguments> {
  return asArguments<ScrubArguments>(
    yargs
      .positional('dir', {
        type: 'string',
        defaultDescription: '"storage"',
        describe: 'folder of the storage, on this machine; a server may be running on it',
      })
      .option('limit', {
        type: 'string',
        requiresArg: true,
        describe: 'bytes a second to read at the most, for example 50MB/s or 500KiB/s',
      })
      .option('json', { type: 'boolean', default: false, describe: 'print NDJSON on stdout, for programs' })
      .option('quiet', {
        alias: 'q',
        type: 'boolean',
        default: false,
        describe: 'say nothing but what is rotten or cannot be read',
      })
      .epilogue(
        'Every file is hashed and compared with what the index remembers. Other bytes under the same size and time are\n' +
          'rot: "NAME: ROTTEN" on stdout, and servers refuse the file from then on, until its size or time changes.\n' +
          'Files that are new or changed are hashed and remembered.\n\n' +
          'Events of --json: "progress" (files, bytes, totalFiles, totalBytes), "file" (name, status: rotten or\n' +
          'unreadable), and "summary" at the end (files, bytes, verified, new, changed, rotten, unreadable, index,\n' +
          'seconds, complete).\n\n' +
          'Exit code: 4 if something is rotten; else 7 if something cannot be read; 130 when interrupted.',
      )
      .example('$0 scrub', 'all of storage/')
      .example('$0 scrub ~/builds --limit 50MB/s', 'another folder, leaving the disk to others'),
  );
}

export function handler({ dir = 'storage', limit, json, quiet }: ScrubArguments): Promise<void> {
  return run(async (signal) => {
    const rate = limit === undefined ? undefined : parseRate('--limit', limit);
    // Marking what is rotten goes on when nobody reads along.
    goOnWithoutStdout();
    const reporter = scrubReporterFor({ json, quiet });
    let total: ScrubProgress = { files: 0, bytes: 0 };
    const report = await scrubFolder(dir, {
      accepts: isName,
      signal,
      rate,
      onTotal: (all) => {
        total = all;
      },
      onStart: (progress) => reporter.start(total, progress),
      onRotten: (name) => reporter.rotten(name),
      onUnreadable: (name, error) => reporter.unreadable(name, error),
    }).finally(() => reporter.stop());
    reporter.end(report);
    if (!quiet) sayIfNothingKnown(report);
    return exitCodeFor(report);
  });
}

function sayIfNothingKnown(report: Awaited<ReturnType<typeof scrubFolder>>): void {
  if (report.index === 'memory') {
    note(
      'sealift: no folder for the index is writable: there was nothing to compare with, and nothing is kept',
    );
  } else if (report.new > 0 && report.verified + report.changed + report.rotten === 0) {
    note(
      'sealift: no file was in the index: there was nothing to compare with; the next scrub has something',
    );
  }
}

function exitCodeFor({ isComplete, rotten, unreadable }: ScrubReport): number {
  if (!isComplete) return exitCodeOf('ABORTED');
  if (rotten > 0) return exitCodeOf('CORRUPT');
  return unreadable > 0 ? exitCodeOf('LOCAL_IO') : 0;
}
