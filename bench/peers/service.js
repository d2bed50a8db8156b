import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { answers } from '../../test/helpers/ports.js';
import { atTheEnd } from '../measure/endings.js';
import { cpuSecondsOfTree, peakBytes } from '../measure/processes.js';

const STDERR_KEPT = 2_000;
const LOOK_MS = 10;

/** A server that the bench started: a process of its own, on loopback. */
export class Service {
  #child;
  #isOver;
  #exited;
  #stderr = '';
  url = '';
  /** Where it speaks HTTP, if `url` is for something else. */
  httpUrl = '';
  port = 0;

  /**
   * @param {readonly string[]} command
   * @param {NodeJS.Signals} [last] what ends it at once, together with all that it has started
   */
  constructor([program = '', ...args], last = 'SIGTERM') {
    this.#child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#exited = once(this.#child, 'exit');
    this.#isOver = atTheEnd(() => this.#child.kill(last));
    this.#child.stderr.setEncoding('utf8').on('data', (text) => {
      this.#stderr = (this.#stderr + text).slice(-STDERR_KEPT);
    });
  }

  /**
   * The first line that it prints.
   * @returns {Promise<string>}
   */
  async firstLine() {
    const lines = createInterface({ input: this.#child.stdout });
    const [line] = await Promise.race([once(lines, 'line'), this.#exited.then(() => [])]);
    this.throwIfEnded();
    return line;
  }

  get pid() {
    return /** @type {number} */ (this.#child.pid);
  }

  /** Of it and all that it started, since it runs. */
  cpuSeconds() {
    return cpuSecondsOfTree(this.pid);
  }

  /** The most memory that its first process ever had resident; null where the system does not tell. */
  peakBytes() {
    return peakBytes(this.pid);
  }

  /** @param {number} port */
  async answersAt(port) {
    while (!(await answers(port))) {
      this.throwIfEnded();
      await delay(LOOK_MS);
    }
    this.port = port;
  }

  /** @throws with what it said, if it has ended */
  throwIfEnded() {
    const { exitCode, signalCode, spawnfile } = this.#child;
    if (exitCode !== null || signalCode !== null) {
      throw new Error(`${spawnfile} ended with ${exitCode ?? signalCode}: ${this.#stderr.trim()}`);
    }
  }

  /** Resolves when it has ended. */
  async stop() {
    this.#child.kill('SIGTERM');
    await this.#exited;
    this.#isOver();
  }
}
