import { setTimeout as delay } from 'node:timers/promises';
import { systemCode } from '../../errors/index.js';
import { hasRunningMember } from './group-members.js';

/** What a group has to end by itself. */
const GRACE_MS = 2_000;
/** After SIGKILL, until the system has taken note. */
const REAP_MS = 1_000;
const LOOK_MS = 5;
const LOOK_MAX_MS = 50;

/** Those that are not ended yet. */
const groups = new Set<ProcessGroup>();

/** When this process ends, however early, it leaves none behind: there is no time to ask. */
function killAll(): void {
  for (const group of groups) group.signal('SIGKILL');
}

/** A program and all that it has started, as long as that stays in its group. */
export class ProcessGroup {
  #ending: Promise<void> | null = null;

  /** @param id of its leader */
  constructor(private readonly id: number) {
    if (groups.size === 0) process.on('exit', killAll);
    groups.add(this);
  }

  /** Sends a signal to all of the group; false if nobody is there. Nothing once the group was found to be empty: its number may be another's. */
  signal(name: NodeJS.Signals | 0): boolean {
    if (!groups.has(this)) return false;
    try {
      process.kill(-this.id, name);
      return true;
    } catch (error) {
      if (systemCode(error) === 'ESRCH') this.#forget();
      // Somebody is there whom this process may not end.
      return systemCode(error) === 'EPERM';
    }
  }

  /**
   * Ends whoever is in the group, and resolves when nobody is.
   * @param signals with which it is asked to
   */
  end(signals: readonly NodeJS.Signals[] = ['SIGHUP', 'SIGTERM']): Promise<void> {
    this.#ending ??= this.#end(signals);
    return this.#ending;
  }

  async #end(signals: readonly NodeJS.Signals[]): Promise<void> {
    // One that is stopped heeds the others only when it goes on.
    for (const name of [...signals, 'SIGCONT'] as const) if (!this.signal(name)) return;
    if (await this.#isEmptyWithin(GRACE_MS)) return;
    this.signal('SIGKILL');
    await this.#isEmptyWithin(REAP_MS);
    this.#forget();
  }

  async #isEmptyWithin(milliseconds: number): Promise<boolean> {
    const until = performance.now() + milliseconds;
    for (let pause = LOOK_MS; this.signal(0); pause = Math.min(2 * pause, LOOK_MAX_MS)) {
      if (performance.now() >= until) return false;
      await delay(pause);
      if (this.signal(0) && !(await hasRunningMember(this.id))) this.#forget();
    }
    return true;
  }

  #forget(): void {
    groups.delete(this);
    if (groups.size === 0) process.off('exit', killAll);
  }
}
