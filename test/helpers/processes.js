import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

const PAUSE_MS = 5;

/**
 * The processes of a group that have not ended, by what the system says: their numbers.
 * @param {number} group
 */
export function membersOf(group) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      const found = stateOf(pid);
      return found !== null && found.group === group && !'ZX'.includes(found.state);
    });
}

/** @param {number} pid */
function stateOf(pid) {
  try {
    // The second field is the program's name, and may have anything in it (proc(5)).
    const [state = '', , group] = readFileSync(`/proc/${pid}/stat`, 'latin1')
      .replace(/^.*\) /s, '')
      .split(' ');
    return { state, group: Number(group) };
  } catch {
    return null;
  }
}

/**
 * Resolves when nobody is left in a group.
 * @param {number} group
 */
export async function untilEmpty(group) {
  while (membersOf(group).length > 0) await pause(PAUSE_MS);
}

/**
 * Bytes that a process has asked the system to write so far.
 * @param {number} pid
 */
export function bytesWrittenBy(pid) {
  return Number(/^wchar: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))?.[1]);
}
