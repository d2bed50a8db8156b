import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { devNull } from 'node:os';
import { type ErrorCode, SealiftError, systemCode } from '../../errors/index.js';
import type { Program } from './allow-list.js';
import { inheritedDescriptors } from './inherited-descriptors.js';

const FAILURES: Record<string, [code: ErrorCode, says: string]> = {
  ENOENT: ['NOT_FOUND', 'no such program'],
  ENOTDIR: ['NOT_FOUND', 'no such program'],
  EACCES: ['FORBIDDEN', 'the server may not run it'],
  EPERM: ['FORBIDDEN', 'the server may not run it'],
  E2BIG: ['TOO_LARGE', 'its arguments are too long for the system'],
  ENAMETOOLONG: ['NOT_FOUND', 'no such program'],
  EAGAIN: ['BUSY', 'the server has no room for another process; try again later'],
  ENOMEM: ['BUSY', 'the server has no room for another process; try again later'],
  EMFILE: ['BUSY', 'the server has too many open files; try again later'],
  ENFILE: ['BUSY', 'the server has too many open files; try again later'],
  ENOEXEC: ['FORBIDDEN', 'not a program for this system'],
};

/**
 * Starts a program in `cwd`, in a session and a process group of its own, with pipes for its three streams.
 * @throws SealiftError NOT_FOUND, FORBIDDEN, TOO_LARGE, BUSY, INTERNAL
 */
export async function startProgram(
  { file, argv }: Program,
  { cwd, env }: { cwd: string; env: Record<string, string> },
): Promise<ChildProcessWithoutNullStreams> {
  const [name = '', ...args] = argv;
  try {
    const child = withNothingElse((stdio) =>
      spawn(file, args, { argv0: name, cwd, env, detached: true, stdio }),
    );
    await once(child, 'spawn');
    return child as ChildProcessWithoutNullStreams;
  } catch (error) {
    const [code, says] = FAILURES[systemCode(error) ?? ''] ?? ['INTERNAL', 'it cannot be started'];
    throw new SealiftError(code, `${name}: ${says}`, { cause: error });
  }
}

/** Rule: a program gets no descriptor of the server's. What it would inherit leads nowhere. */
function withNothingElse(start: (stdio: ('pipe' | 'ignore' | number)[]) => ChildProcess): ChildProcess {
  const inherited = inheritedDescriptors();
  const nowhere = openSync(devNull, 'r+');
  try {
    const stdio: ('pipe' | 'ignore' | number)[] = ['pipe', 'pipe', 'pipe'];
    for (const descriptor of inherited) {
      while (stdio.length < descriptor) stdio.push('ignore');
      stdio[descriptor] = nowhere;
    }
    return start(stdio);
  } finally {
    closeSync(nowhere);
  }
}
