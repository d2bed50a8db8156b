import { createInterface, type Interface } from 'node:readline';
import { shown } from '../output.js';
import type { Completions } from './completion.js';
import { HISTORY_MAX } from './history.js';

export interface PromptOptions {
  /** The newest first. */
  history: string[];
  complete(line: string): Promise<Completions>;
  /** Ends it. */
  signal: AbortSignal;
}

/**
 * Asks for lines in a terminal, on stderr: stdout is for results. Between a line and the next question the terminal
 * is as it was found, so that Ctrl-C there is a signal to the process.
 */
export class Prompt {
  readonly #readline: Interface;
  /** Lines that were pasted together with the one before. */
  readonly #ahead: string[] = [];
  #resolve: ((line: string | null) => void) | null = null;
  #isClosed = false;

  constructor({ history, complete, signal }: PromptOptions) {
    this.#readline = createInterface({
      input: process.stdin,
      output: process.stderr,
      terminal: true,
      history,
      historySize: HISTORY_MAX,
      removeHistoryDuplicates: true,
      signal,
      completer: (line: string, done: (error: null, completions: Completions) => void) => {
        complete(line).then(
          (completions) => done(null, completions),
          () => done(null, [[], line]),
        );
      },
    });
    this.#readline
      .on('line', (line) => this.#onLine(line))
      .on('SIGINT', () => this.#clear())
      // Back from Ctrl-Z it is left paused, and nothing would keep the process.
      .on('SIGCONT', () => this.#readline.prompt(true))
      .on('close', () => this.#onClose());
    this.#rest();
  }

  /** The next line, or null at the end. */
  next(place: string): Promise<string | null> {
    const line = this.#ahead.shift();
    if (line !== undefined) return Promise.resolve(line);
    if (this.#isClosed) return Promise.resolve(null);
    return new Promise((resolve) => {
      this.#resolve = resolve;
      process.stdin.setRawMode(true);
      this.#readline.setPrompt(`${shown(place)}> `);
      // What was typed meanwhile stays.
      this.#readline.prompt(true);
    });
  }

  close(): void {
    this.#readline.close();
  }

  #onLine(line: string): void {
    if (this.#resolve === null) this.#ahead.push(line);
    else {
      this.#rest();
      this.#answer(line);
    }
  }

  #onClose(): void {
    this.#isClosed = true;
    if (this.#resolve === null) return;
    process.stderr.write('\n');
    this.#answer(null);
  }

  #answer(line: string | null): void {
    const resolve = this.#resolve;
    this.#resolve = null;
    resolve?.(line);
  }

  #rest(): void {
    this.#readline.pause();
    process.stdin.setRawMode(false);
  }

  /** Ctrl-C takes away what was typed; where there is nothing, it tells how to leave. */
  #clear(): void {
    if (this.#readline.line === '') {
      process.stderr.write('\n"exit" or Ctrl-D leaves\n');
      return this.#readline.prompt();
    }
    this.#readline.write(null, { ctrl: true, name: 'e' });
    this.#readline.write(null, { ctrl: true, name: 'u' });
  }
}
