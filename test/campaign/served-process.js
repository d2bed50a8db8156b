import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const COLLECTED = '[garbage collected]';
/** Lets a campaign tell memory that is held from memory that nobody has given back yet. */
const COLLECT_ON_SIGNAL = `data:text/javascript,${encodeURIComponent(
  `process.on('SIGUSR2', () => { gc(); setImmediate(() => { gc(); process.stderr.write('${COLLECTED}\\n'); }); });`,
)}`;
const LINE_MS = 10_000;
const LOOKS = 4;
const LOOK_MS = 150;

/** `sealift serve` as a process of its own, and what the system knows of it. */
export class ServedProcess {
  #child;
  #log = '';
  /** @type {Promise<{ code: number | null, signal: NodeJS.Signals | null }>} */
  exited;
  port = 0;

  /** @param {import('node:child_process').ChildProcess} child */
  constructor(child) {
    this.#child = child;
    this.exited = once(child, 'exit').then(([code, signal]) => ({ code, signal }));
    child.stderr?.setEncoding('utf8').on('data', (text) => {
      this.#log = (this.#log + text).slice(-100_000);
    });
  }

  /**
   * @param {string} folder
   * @param {string[]} [args] more of `serve`
   */
  static async start(folder, args = []) {
    // A small young generation: how far it has grown says nothing about what is held.
    const nodeArgs = ['--expose-gc', '--max-semi-space-size=2', '--import', COLLECT_ON_SIGNAL];
    const child = spawn(
      process.execPath,
      [...nodeArgs, PROGRAM, 'serve', folder, '--port', '0', '--json', '--log', 'off', ...args],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    const served = new ServedProcess(child);
    const lines = createInterface({ input: /** @type {NodeJS.ReadableStream} */ (child.stdout) });
    const first = await Promise.race([once(lines, 'line'), served.exited]);
    if (!Array.isArray(first)) throw new Error(`the server did not start: ${served.log}`);
    served.port = JSON.parse(first[0]).port;
    return served;
  }

  get url() {
    return `sealift://127.0.0.1:${this.port}`;
  }

  get isRunning() {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** The end of what it has written to stderr. */
  get log() {
    return this.#log;
  }

  /**
   * Memory that it has resident, in bytes: the least of a few looks, each after two collections of garbage, as V8 gives pages
   * back a while after it has collected what was in them.
   */
  async residentBytes() {
    let least = Number.POSITIVE_INFINITY;
    for (let look = 0; look < LOOKS; look++) {
      await this.#collectGarbage();
      await delay(LOOK_MS);
      least = Math.min(least, this.#fromStatus('VmRSS'));
    }
    return least;
  }

  async #collectGarbage() {
    const before = this.#log.split(COLLECTED).length;
    this.#child.kill('SIGUSR2');
    const until = performance.now() + LINE_MS;
    while (this.#log.split(COLLECTED).length === before && performance.now() < until && this.isRunning)
      await delay(5);
  }

  /** The most memory that it ever had resident, in bytes. */
  get peakBytes() {
    return this.#fromStatus('VmHWM');
  }

  /** @param {string} field */
  #fromStatus(field) {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8');
    return Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) * 1_024;
  }

  /** Open descriptors. */
  get descriptors() {
    return readdirSync(`/proc/${this.#child.pid}/fd`).length;
  }

  /** The fewest descriptors that it has within a while: it may be hashing what changed, and closing what ended. */
  async fewestDescriptors() {
    let fewest = this.descriptors;
    for (let look = 0; look < 2 * LOOKS; look++) {
      await delay(LOOK_MS / 3);
      fewest = Math.min(fewest, this.descriptors);
    }
    return fewest;
  }

  /**
   * Waits until it has no more descriptors than `most`; returns how many it has then, or after `milliseconds`.
   * @param {number} most
   * @param {number} milliseconds
   */
  async descriptorsBackTo(most, milliseconds) {
    const until = performance.now() + milliseconds;
    while (this.descriptors > most && performance.now() < until) await delay(20);
    return this.descriptors;
  }

  /** Sends SIGTERM and waits for the end. */
  async stop() {
    this.#child.kill('SIGTERM');
    return this.exited;
  }

  /** Ends it whatever it is doing, and waits until it touches no file any more. */
  async kill() {
    this.#child.kill('SIGKILL');
    await this.exited;
  }
}
