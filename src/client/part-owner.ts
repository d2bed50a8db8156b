import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { systemCode } from '../errors/index.js';

/** The process that writes a part file. */
export interface PartOwner {
  /** Where its number means something: the machine, and on Linux the PID namespace (containers). */
  place: string;
  pid: number;
  /** Tells it from a later process of the same number; the same word for all where that cannot be known. */
  birth: string;
}

/** A writer elsewhere that did not write for so long is gone: it would have given up its server before. */
const ELSEWHERE_MS = 60 * 60_000;
const UNKNOWN_BIRTH = '0'.repeat(8);

const OWN_PLACE = short(`${hostname()} ${ofSystem(() => readlinkSync('/proc/self/ns/pid'))}`);

/** This process. */
export const OWNER: PartOwner = {
  place: OWN_PLACE,
  pid: process.pid,
  birth: birthOf(process.pid) ?? UNKNOWN_BIRTH,
};

/** True unless it is certain that nobody writes the part file any more. `mtimeMs` is of the file. */
export function isAlive({ place, pid, birth }: PartOwner, mtimeMs: number): boolean {
  if (place !== OWN_PLACE) return Date.now() - mtimeMs < ELSEWHERE_MS;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // Any other error says that there is one, which belongs to somebody else.
    if (systemCode(error) === 'ESRCH') return false;
  }
  return OWNER.birth === UNKNOWN_BIRTH || birthOf(pid) === birth;
}

/**
 * When a process of this machine began, as proc(5) has it: ticks from boot to its start. Null for one that is not there, or
 * that was killed and is only waited for by nobody.
 */
function birthOf(pid: number): string | null {
  const stat = ofSystem(() => readFileSync(`/proc/${pid}/stat`, 'latin1'));
  // The second field is a program's name, in brackets, and may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, startTime] = [fields[0] ?? '', fields[19]];
  if (startTime === undefined || 'ZX'.includes(state)) return null;
  return short(ofSystem(() => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1')) + startTime);
}

function ofSystem(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}

function short(text: string): string {
  return createHash('md5').update(text).digest('hex').slice(0, 8);
}
