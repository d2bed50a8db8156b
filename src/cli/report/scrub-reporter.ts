import type { SealiftError } from '../../errors/index.js';
import type { ScrubProgress, ScrubReport } from '../../store/index.js';
import { formatBytes, formatFiles, formatSeconds } from '../format.js';
import { note, printJson, printLine, shown } from '../output.js';
import { ScrubBar } from './scrub-bar.js';

/** Told what a scrub finds; shows it to a person or a program. */
export interface ScrubReporter {
  /** @param progress tells how far it is, whenever asked */
  start(total: ScrubProgress, progress: () => ScrubProgress): void;
  rotten(name: string): void;
  unreadable(name: string, error: SealiftError): void;
  /** No more progress. */
  stop(): void;
  end(report: ScrubReport): void;
}

/** `1,234 files, 5.6 GB verified in 1m 3s: 0 rotten, 2 new, 1 changed, 0 unreadable`. */
export function scrubLine(report: ScrubReport): string {
  const { files, bytes, seconds, rotten, changed, unreadable, isComplete } = report;
  const done = `${formatFiles(files)}, ${formatBytes(bytes)} verified in ${seconds < 1 ? '<1s' : formatSeconds(seconds)}`;
  const found = `${rotten} rotten, ${report.new} new, ${changed} changed, ${unreadable} unreadable`;
  return `${isComplete ? '' : 'interrupted; '}${done}: ${found}`;
}

export function scrubReporterFor({ json, quiet }: { json: boolean; quiet: boolean }): ScrubReporter {
  if (json) return new JsonScrubReporter();
  return new LineScrubReporter(quiet, !quiet && process.stderr.isTTY === true ? new ScrubBar() : null);
}

/** A line on stdout for each file that is rotten; all else on stderr. */
class LineScrubReporter implements ScrubReporter {
  constructor(
    private readonly isQuiet: boolean,
    private readonly bar: ScrubBar | null,
  ) {}

  start(total: ScrubProgress, progress: () => ScrubProgress): void {
    this.bar?.start(total, progress);
  }

  rotten(name: string): void {
    this.#aboveBar(() => printLine(`${shown(name)}: ROTTEN`));
  }

  unreadable(_name: string, error: SealiftError): void {
    this.#aboveBar(() => note(shown(error.message)));
  }

  stop(): void {
    this.bar?.stop();
  }

  end(report: ScrubReport): void {
    if (!this.isQuiet) note(scrubLine(report));
  }

  #aboveBar(print: () => void): void {
    if (this.bar) this.bar.above(print);
    else print();
  }
}

const PROGRESS_MS = 100;

/** One JSON object a line on stdout, for programs; progress at most ten times a second. */
class JsonScrubReporter implements ScrubReporter {
  #timer: NodeJS.Timeout | null = null;

  start(total: ScrubProgress, progress: () => ScrubProgress): void {
    this.#timer = setInterval(() => {
      const { files, bytes } = progress();
      printJson({ event: 'progress', files, bytes, totalFiles: total.files, totalBytes: total.bytes });
    }, PROGRESS_MS);
  }

  rotten(name: string): void {
    printJson({ event: 'file', name, status: 'rotten' });
  }

  unreadable(name: string, error: SealiftError): void {
    printJson({ event: 'file', name, status: 'unreadable', message: error.message });
  }

  stop(): void {
    if (this.#timer) clearInterval(this.#timer);
  }

  end({ seconds, isComplete, ...report }: ScrubReport): void {
    printJson({
      event: 'summary',
      ...report,
      seconds: Math.round(seconds * 1_000) / 1_000,
      complete: isComplete,
    });
  }
}
