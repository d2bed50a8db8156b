import pc from 'picocolors';
import type { FetchedFile, Repair, Retry } from '../../client/index.js';
import { systemCode } from '../../errors/index.js';
import { formatBytes, formatRate, formatSeconds } from '../format.js';
import { shown } from '../output.js';

const colors = pc.createColors(process.stderr.isTTY === true && pc.isColorSupported);

/** The path of a file that went to stdout. */
export const STDOUT = '-';

/** What a person reads of a file, the same words on a terminal and in a log. One line each. */
export function doneLine({ name, path, size, md5, seconds, resumedFrom }: FetchedFile): string {
  const rate = seconds > 0 ? `, ${formatRate((size - resumedFrom) / seconds)}` : '';
  const facts = `${formatBytes(size)} in ${seconds < 1 ? '<1s' : formatSeconds(seconds)}${rate}`;
  return `${colors.green('verified')} ${shown(name)}  ${facts}, md5 ${md5} -> ${path === STDOUT ? 'stdout' : shown(path)}`;
}

export function skippedLine({ name, path }: FetchedFile): string {
  return `${colors.green('matches')}  ${shown(name)}  ${shown(path)} is the server's file already; left alone`;
}

export function failedLine(name: string, error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const verb = systemCode(error) === 'CORRUPT' ? 'REJECTED' : 'failed';
  // Most messages begin with the name already.
  const about = message.startsWith(name) ? message : `${name}: ${message}`;
  return `${colors.red(verb)}${verb === 'failed' ? '  ' : ''} ${shown(about)}`;
}

export function resumeLine(name: string, bytes: number, size: number): string {
  return `${colors.cyan('resuming')} ${shown(name)}  ${formatBytes(bytes)} of ${formatBytes(size)} are there from before`;
}

export function restartLine(name: string, reason: string): string {
  return `${colors.yellow('starting over')} ${shown(`${name}: ${reason}`)}`;
}

export function repairLine(name: string, { start, end, damage }: Repair): string {
  return `${colors.yellow('repaired')} ${shown(name)}  bytes ${start}-${Math.max(start, end - 1)} came damaged (${damage}), and right when fetched again`;
}

/** @param name of the file, or null for what is asked beside one */
export function retryLine(name: string | null, { attempt, of, error }: Retry): string {
  const what = `${name === null ? '' : `${name}: `}${error.message}`;
  return `${colors.yellow('retrying')} ${shown(`${what}; reconnecting (${attempt} of ${of})`)}`;
}
