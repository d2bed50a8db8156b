import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { systemCode } from '../errors/index.js';

/** The process that writes a part file. Words that cannot be known here are the same for all. */
export interface PartOwner {
  /** The machine. */
  place: string;
  /** Within it, where process numbers mean something: since it was started, and in which PID namespace (containers). */
  era: string;
  pid: number;
  /** Tells it from a later process of the same number. */
  birth: string;
}

/**
 * What has become of the writer of a part file. `alive`: it may write at any moment. `dead`: certainly not. `elsewhere`: probably
 * not, but it ran where this process cannot look.
 */
export type Fate = 'alive' | 'dead' | 'elsewhere';

/** A writer elsewhere that did not write for so long is gone: it would have given up its server before. */
const ELSEWHERE_MS = 60 * 60_000;
const UNKNOWN_BIRTH = '0'.repeat(8);

/** This process. */
export const OWNER: PartOwner = {
  place: short(`${hostname()} ${ofSystem(() => readFileSync('/etc/machine-id', 'latin1'))}`),
  era: short(`${bootId()} ${ofSystem(() => readlinkSync('/proc/self/ns/pid'))}`),
  pid: process.pid,
  birth: birthOf(process.pid) ?? UNKNOWN_BIRTH,
};

/** @param mtimeMs of the part file */
export function fateOf({ place, era, pid, birth }: PartOwner, mtimeMs: number): Fate {
  if (place !== OWNER.place) return Date.now() - mtimeMs < ELSEWHERE_MS ? 'alive' : 'elsewhere';
  // Most likely the machine was started anew.
  if (era !== OWNER.era) return 'elsewhere';
  try {
    process.kill(pid, 0);
  } catch (error) {
    // Any other error says that there is one, which belongs to somebody else.
    if (systemCode(error) === 'ESRCH') return 'dead';
  }
  return OWNER.birth === UNKNOWN_BIRTH || birthOf(pid) === birth ? 'alive' : 'dead';
}

export function isThisProcess({ place, era, pid, birth }: PartOwner): boolean {
  return place === OWNER.place && era === OWNER.era && pid === OWNER.pid && birth === OWNER.birth;
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
  return short(`${bootId()} ${startTime}`);
}

function bootId(): string {
  return ofSystem(() => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1'));
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
