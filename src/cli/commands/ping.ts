import { setTimeout as sleep } from 'node:timers/promises';
import type { Argv } from 'yargs';
import type { Sealift } from '../../client/index.js';
import { abortedError, systemCode } from '../../errors/index.js';
import { asArguments } from '../as-arguments.js';
import { type ClientArguments, clientOptions } from '../client-options.js';
import { parseDuration } from '../duration.js';
import { formatMilliseconds } from '../format.js';
import { type LendClient, ownClient } from '../lend-client.js';
import { eraseEcho, printJson, printLine } from '../output.js';
import { reportError, run } from '../run.js';
import { parseWhole } from '../whole-number.js';

interface PingArguments extends ClientArguments {
  count: string;
  interval: string;
}

/** All times are kept, for the median. */
const COUNT_MAX = 1_000_000;

export function builder(yargs: Argv): Argv<PingArguments> {
  return asArguments<PingArguments>(
    clientOptions(yargs)
      .option('count', {
        alias: 'c',
        type: 'string',
        default: '4',
        requiresArg: true,
        describe: 'times to ask',
      })
      .option('interval', {
        alias: 'i',
        type: 'string',
        default: '200ms',
        requiresArg: true,
        describe: 'time between an answer and the next question',
      })
      .check(({ count, interval }) => {
        countOf(count);
        intervalOf(interval);
        return true;
      })
      .epilogue(
        'Measured are round trips on a connection that stands, not the connecting.\n\n' +
          'Exit code: 0 if every question was answered; 5 from the first one that was not. Ctrl-C prints\n' +
          'the summary, and exits 0 if there was any answer, else 130.',
      )
      .example('$0 ping', 'four round trips')
      .example('$0 ping -c 1000 -i 1ms --json', 'many, for a program'),
  );
}

function countOf(text: string): number {
  return parseWhole('count', text, 1, COUNT_MAX);
}

function intervalOf(text: string): number {
  return parseDuration('--interval', text);
}

export function handler(args: PingArguments): Promise<void> {
  return run((signal) => perform(args, signal, ownClient(args, signal)));
}

/** Does what the arguments say; returns the exit code. */
export function perform(args: PingArguments, signal: AbortSignal, lend: LendClient): Promise<number> {
  return lend(async (client) => {
    const times: number[] = [];
    try {
      await measure(client, args, signal, times);
      return 0;
    } catch (error) {
      if (times.length === 0) throw error;
      // As ping(8): who ends it wants to see what there is.
      if (systemCode(error) !== 'ABORTED') return reportError(error);
      eraseEcho();
      return 0;
    } finally {
      if (times.length > 0) summarize(times, args.json);
    }
  });
}

/** Adds the milliseconds of each round trip to `times`, and prints them. */
async function measure(
  client: Sealift,
  { count, interval, json }: PingArguments,
  signal: AbortSignal,
  times: number[],
): Promise<void> {
  for (const of = countOf(count); ; ) {
    const milliseconds = await client.ping('', { signal });
    times.push(milliseconds);
    if (json) printJson({ event: 'answer', number: times.length, milliseconds: rounded(milliseconds) });
    else printLine(`answer ${times.length} from ${client.url}: ${formatMilliseconds(milliseconds)}`);
    if (times.length === of) return;
    await pause(intervalOf(interval), signal);
  }
}

function summarize(times: number[], json: boolean): void {
  const sorted = Float64Array.from(times).sort();
  const [minimum, median, maximum] = [sorted.at(0) ?? 0, medianOf(sorted), sorted.at(-1) ?? 0];
  if (json) {
    const facts = { minimum: rounded(minimum), median: rounded(median), maximum: rounded(maximum) };
    return printJson({ event: 'summary', answers: times.length, ...facts });
  }
  const [least, middle, most] = [minimum, median, maximum].map(formatMilliseconds);
  const answers = `${times.length} ${times.length === 1 ? 'answer' : 'answers'}`;
  printLine(`${answers}: round trip minimum ${least}, median ${middle}, maximum ${most}`);
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(milliseconds, undefined, { signal });
  } catch {
    throw abortedError(signal);
  }
}

/** Of an even number of values, the mean of the two in the middle. */
function medianOf(sorted: Float64Array): number {
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? 0)) / 2;
}

/** To a microsecond. */
function rounded(milliseconds: number): number {
  return Math.round(milliseconds * 1_000) / 1_000;
}
