import { readdir, readFile } from 'node:fs/promises';

/**
 * True if a process of the group still runs. One that has ended counts as a member until its parent has asked for its exit code, and who
 * ended an orphan may wait for that for long. True where the system does not tell (no proc(5)).
 */
export async function hasRunningMember(group: number): Promise<boolean> {
  let pids: string[];
  try {
    pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  } catch {
    return true;
  }
  if (pids.length === 0) return true;
  for (const pid of pids) {
    try {
      const text = await readFile(`/proc/${pid}/stat`, 'latin1');
      // The second field is the program's name, and may have anything in it.
      const [state = '', , its] = text.slice(text.lastIndexOf(')') + 2).split(' ');
      if (Number(its) === group && !'ZX'.includes(state)) return true;
    } catch {
      // It has ended meanwhile.
    }
  }
  return false;
}
