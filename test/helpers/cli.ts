import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

/** The program as it is installed. */
export const PROGRAM = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

export interface CliOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** What comes from stdin, which is empty without it; null to write there oneself. */
  input?: string | null;
  /** Options of node itself, such as `--import FILE`. */
  nodeArgs?: string[];
  /** Stands before the command: `nsenter` and its options. */
  within?: string[];
  /** Told what ends the process; by default it ends with the test. */
  onEnd?: (end: () => void) => void;
}

export interface CliResult {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface RunningCli {
  child: ChildProcess;
  /** Resolves when the process has ended. */
  result: Promise<CliResult>;
}

/** Starts `sealift ARGS` as a process of its own; it is killed when the test ends. */
export function startCli(
  args: string[],
  { cwd, env, input, nodeArgs = [], within = [], onEnd = onTestFinished }: CliOptions = {},
): RunningCli {
  const options: SpawnOptions = {
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1', ...env },
  };
  if (cwd !== undefined) options.cwd = cwd;
  const [program = '', ...words] = [...within, process.execPath, ...nodeArgs, PROGRAM, ...args];
  const child = spawn(program, words, options);
  onEnd(() => void child.kill('SIGKILL'));
  // A program that ends early leaves what it did not read.
  child.stdin?.on('error', () => {});
  if (typeof input === 'string') child.stdin?.end(input);
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text) => (stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text) => (stderr += text));
  const result = once(child, 'close').then(([code, signal]) => ({ code, signal, stdout, stderr }));
  return { child, result };
}

/** Runs `sealift ARGS` to its end. */
export function sealift(args: string[], options: CliOptions = {}): Promise<CliResult> {
  return startCli(args, options).result;
}

export interface ServerProcess {
  url: string;
  port: number;
  child: ChildProcess;
  /** What it has written to stderr so far. */
  log(): string;
  /** Sends SIGTERM and waits for the end. */
  stop(): Promise<CliResult>;
}

/** Starts `sealift serve FOLDER` on a free port and waits until it listens. */
export async function startServer(
  folder: string,
  args: string[] = [],
  options: CliOptions = {},
): Promise<ServerProcess> {
  const { child, result } = startCli(['serve', folder, '--port', '0', '--json', ...args], options);
  let log = '';
  child.stderr?.on('data', (text) => (log += text));
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  const first = await Promise.race([once(lines, 'line'), result]);
  if (!Array.isArray(first)) throw new Error(`the server did not start: ${first.stderr}`);
  const { url, port } = JSON.parse(first[0]) as { url: string; port: number };
  return {
    url,
    port,
    child,
    log: () => log,
    stop: () => {
      child.kill('SIGTERM');
      return result;
    },
  };
}
