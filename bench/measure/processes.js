import { readdirSync, readFileSync } from 'node:fs';

/** Of `utime` and its like in /proc; Linux has 100 a second wherever it runs Node. */
const TICKS_PER_SECOND = 100;

/**
 * What the system knows of processes, from /proc; null where there is none.
 * @param {number | string} pid
 * @param {string} file
 */
function read(pid, file) {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return null;
  }
}

/**
 * A process and what it has started, and so on.
 * @param {number} pid
 * @returns {number[]}
 */
export function processTree(pid) {
  const tree = [pid];
  // The array grows while it is walked.
  for (const parent of tree) {
    for (const task of tasksOf(parent)) {
      const children = read(parent, `task/${task}/children`) ?? '';
      tree.push(...children.split(' ').filter(Boolean).map(Number));
    }
  }
  return tree;
}

/** @param {number} pid */
function tasksOf(pid) {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

/**
 * The most memory that a process ever had resident, in bytes.
 * @param {number} pid
 */
export function peakBytes(pid) {
  const found = /^VmHWM:\s+(\d+) kB$/m.exec(read(pid, 'status') ?? '')?.[1];
  return found === undefined ? null : Number(found) * 1_024;
}

/**
 * Time on the processor in seconds, of a process and of its children that have ended.
 * @param {number | 'self'} pid
 */
function cpuTimes(pid) {
  const stat = read(pid, 'stat');
  if (stat === null) return null;
  // The name of the program, in brackets, may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [user = 0, system = 0, userOfEnded = 0, systemOfEnded = 0] = fields.slice(11, 15).map(Number);
  return {
    own: (user + system) / TICKS_PER_SECOND,
    ofEnded: (userOfEnded + systemOfEnded) / TICKS_PER_SECOND,
  };
}

/**
 * Time on the processor of a process and all that it has started.
 * @param {number} pid
 */
export function cpuSecondsOfTree(pid) {
  let seconds = 0;
  for (const member of processTree(pid)) {
    const times = cpuTimes(member);
    if (times !== null) seconds += times.own + times.ofEnded;
  }
  return seconds;
}

/** Time on the processor of all children of this process that have ended; null where the system does not tell. */
export function cpuSecondsOfEndedChildren() {
  return cpuTimes('self')?.ofEnded ?? null;
}
