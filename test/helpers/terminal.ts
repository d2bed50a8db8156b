import { execFile, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';
import { PROGRAM } from './cli.js';
import { tempFolder } from './temp-folder.js';

const run = promisify(execFile);

/** Then the test fails, and shows the screen. */
const PATIENCE_MS = 20_000;

export const HAS_TMUX = spawnSync('tmux', ['-V']).status === 0;
if (!HAS_TMUX) console.warn('skipped: tests in a real terminal (tmux is not installed)');

/** The program in a real terminal, with somebody who types. */
export class Terminal {
  private constructor(private readonly socket: string) {}

  /** `sealift ARGS` in a folder of its own; when it has ended, the screen says `ended with CODE`. */
  static async start(
    args: string[],
    {
      columns = 100,
      folder = tempFolder(),
      env = {},
    }: { columns?: number; folder?: string; env?: NodeJS.ProcessEnv },
  ): Promise<Terminal> {
    const terminal = new Terminal(join(tempFolder(), 'tmux'));
    const script = join(tempFolder(), 'run.sh');
    const quoted = [process.execPath, PROGRAM, ...args].map((word) => `'${word}'`).join(' ');
    const exports = Object.entries(env).map(([key, value]) => `export ${key}='${value}'`);
    const lines = [
      `cd '${folder}'`,
      ...exports,
      // As where people type: Ctrl-C is for the program alone, and Ctrl-Z stops it, here until it is gone on with at once.
      'set -m',
      quoted,
      'status=$?',
      'while [ $status -eq 148 ]; do echo "was stopped"; fg; status=$?; done',
      'echo "ended with $status"',
      'exec sleep 60',
    ];
    writeFileSync(script, lines.join('\n'));
    const size = ['-x', String(columns), '-y', '50'];
    await terminal.#tmux('-f', '/dev/null', 'new-session', '-d', ...size, `sh '${script}'`);
    onTestFinished(() => void spawnSync('tmux', ['-S', terminal.socket, 'kill-server']));
    return terminal;
  }

  /** All at once, as when it is pasted. */
  async type(text: string): Promise<void> {
    await this.#tmux('send-keys', '-l', '--', text);
  }

  /** Keys by tmux's names: `Enter`, `Tab`, `C-c`. */
  async press(...keys: string[]): Promise<void> {
    await this.#tmux('send-keys', ...keys);
  }

  /** Types a beginning, and Tab once it is there: together they would be taken for something pasted. */
  async complete(text: string): Promise<void> {
    await this.type(text);
    await this.#until(text, (screen) => screen.endsWith(text.trimEnd()));
    await this.press('Tab');
  }

  /** Types a line and ends it. */
  async enter(line: string): Promise<void> {
    await this.type(line);
    await this.press('Enter');
  }

  /** What is on the screen, without empty lines at its end. */
  async screen(): Promise<string> {
    return (await this.#tmux('capture-pane', '-p')).trimEnd();
  }

  /** The screen, once it has what is looked for. */
  until(wanted: string | RegExp): Promise<string> {
    return this.#until(String(wanted), (screen) =>
      typeof wanted === 'string' ? screen.includes(wanted) : wanted.test(screen),
    );
  }

  /** The screen, once its last line is `line`: a prompt, and what stands behind it. */
  untilLast(line: string): Promise<string> {
    return this.#until(line, (screen) => screen.slice(screen.lastIndexOf('\n') + 1) === line);
  }

  async #until(wanted: string, isThere: (screen: string) => boolean): Promise<string> {
    const giveUpAt = performance.now() + PATIENCE_MS;
    for (;;) {
      const screen = await this.screen();
      if (isThere(screen)) return screen;
      if (performance.now() > giveUpAt) throw new Error(`not on the screen: ${wanted}\n${screen}`);
      await pause(10);
    }
  }

  async clear(): Promise<void> {
    await this.press('C-l');
  }

  async #tmux(...words: string[]): Promise<string> {
    return (await run('tmux', ['-S', this.socket, ...words])).stdout;
  }
}
