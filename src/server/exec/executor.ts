import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { realpath } from 'node:fs/promises';
import { localError, SealiftError } from '../../errors/index.js';
import type { ReplyWriter } from '../reply-writer.js';
import { AllowList, type Command, type Program } from './allow-list.js';
import { programFolders, scrubbedEnvironment } from './environment.js';
import type { ExecInput } from './exec-input.js';
import { ProcessGroup } from './process-group.js';
import { ProgramOutput } from './program-output.js';
import { startProgram } from './start-program.js';

/** Which programs clients with a token may run in the storage folder. */
export interface ServerExec {
  /** Names, looked for once in the absolute folders of `PATH`; or `any`, which includes lines for `/bin/sh`. */
  programs: readonly string[] | 'any';
  /** Milliseconds that one may run; default an hour. */
  timeout?: number;
  /** At a time; default 4. */
  atOnce?: number;
  /** Called when one has been started; `onRequest` when it has ended. */
  onStart?: (record: { peer: string; command: string }) => void;
}

export const EXEC_TIMEOUT = 3_600_000;
const AT_ONCE = 4;
/** While nothing is read from a client, only sending tells whether it is still there. */
const PROBE_MS = 1_000;

/** A program whose client may well be gone is given so long to end by itself, in milliseconds. */
export const PROGRAM_DOUBT_MS = 1_000;

/** Who asked for a program. */
export interface ExecClient {
  writer: ReplyWriter;
  input: ExecInput;
  /** Aborts when the client has left. */
  signal: AbortSignal;
  /** Aborts when it may well have. */
  doubt: AbortSignal;
  /** What it gets to take what is left of the output of a program that ran for too long, in milliseconds. */
  patience: number;
  onStart: () => void;
}

/** How a program ended; as it is told. */
export type ExecEnd = ({ exit: number } | { signal: string }) & { timeout?: true };

/** Runs programs for clients, a few at a time. */
export class Executor {
  #running = 0;
  #onIdle: (() => void)[] = [];

  private constructor(
    private readonly allowed: AllowList,
    private readonly cwd: string,
    private readonly options: ServerExec,
  ) {}

  /**
   * @param folder in which programs run
   * @throws SealiftError USAGE for a program that is not there
   */
  static async open(options: ServerExec, folder: string): Promise<Executor> {
    const cwd = await realpath(folder).catch((error) => {
      throw localError(error, folder);
    });
    const allowed = await AllowList.of(options.programs, programFolders(process.env, cwd));
    return new Executor(allowed, cwd, options);
  }

  /**
   * Runs a program to its end, or the client's.
   * @throws SealiftError FORBIDDEN, NOT_FOUND, BUSY, TOO_LARGE: nothing was run; ABORTED when the client left
   */
  async run(command: Command, client: ExecClient): Promise<ExecEnd> {
    const program = await this.allowed.find(command);
    const { atOnce = AT_ONCE } = this.options;
    if (this.#running >= atOnce) {
      throw new SealiftError('BUSY', `${atOnce} programs are running; try again later`);
    }
    this.#running++;
    try {
      return await this.#run(program, client);
    } finally {
      this.#running--;
      if (this.#running === 0) for (const tell of this.#onIdle.splice(0)) tell();
    }
  }

  onStart(record: { peer: string; command: string }): void {
    this.options.onStart?.(record);
  }

  /** Resolves when no program runs. */
  async idle(): Promise<void> {
    if (this.#running > 0) await new Promise<void>((resolve) => this.#onIdle.push(resolve));
  }

  async #run(program: Program, client: ExecClient): Promise<ExecEnd> {
    // It may have left while it waited in line.
    if (client.signal.aborted) throw leftError();
    const env = scrubbedEnvironment(process.env, this.allowed.folders);
    const child = await startProgram(program, { cwd: this.cwd, env });
    const ended = endOf(child);
    const group = new ProcessGroup(child.pid as number);
    client.onStart();
    client.writer.header({ ok: true });
    const output = new ProgramOutput(child, (stream, bytes) =>
      client.writer.piece({ stream, length: bytes.length }, bytes),
    );
    const watch = this.#watch(group, output, client);
    client.input.begin({ stdin: child.stdin, signal: (name) => void group.signal(name) });
    try {
      const end = await ended;
      // Rule: when the end is told, nothing of it runs any more.
      await group.end();
      await output.finish();
      return watch.isLate ? { ...end, timeout: true } : end;
    } finally {
      child.stdin.destroy();
      watch.stop();
      await group.end();
    }
  }

  /** Ends a program whose client has left, or whose time is up. */
  #watch(group: ProcessGroup, output: ProgramOutput, { writer, signal, doubt, patience }: ExecClient) {
    const onLeft = () => {
      output.abandon(leftError());
      group.end();
    };
    const onDoubt = () => void group.end();
    let late: NodeJS.Timeout | null = null;
    const onTimeout = () => {
      late = setTimeout(() => output.abandon(leftError()), patience);
      group.end(['SIGTERM']);
    };
    const timer = setTimeout(onTimeout, this.options.timeout ?? EXEC_TIMEOUT);
    const probe = setInterval(() => writer.probe({ stream: 'stdout', length: 0 }), PROBE_MS);
    signal.addEventListener('abort', onLeft);
    doubt.addEventListener('abort', onDoubt);
    if (signal.aborted) onLeft();
    if (doubt.aborted) onDoubt();
    // Nobody takes what is read: what is written blocks for good, or fails.
    output.done.catch(onDoubt);
    return {
      get isLate() {
        return late !== null;
      },
      stop: () => {
        clearTimeout(timer);
        clearInterval(probe);
        if (late) clearTimeout(late);
        signal.removeEventListener('abort', onLeft);
        doubt.removeEventListener('abort', onDoubt);
      },
    };
  }
}

async function endOf(child: ChildProcessWithoutNullStreams): Promise<ExecEnd> {
  const [code, signal] = await once(child, 'exit');
  return signal === null ? { exit: code } : { signal };
}

function leftError(): SealiftError {
  return new SealiftError('ABORTED', 'the client left');
}
