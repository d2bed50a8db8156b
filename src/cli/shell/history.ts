import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { shown } from '../output.js';

/** Lines that are kept. */
export const HISTORY_MAX = 1_000;
/** Of one line; longer ones are not kept. */
const LINE_MAX = 4_096;
/** The file is made short again when it has this many lines, and not for each that is added. */
const FILE_LINES_MAX = 2 * HISTORY_MAX;
/** Bytes that are read of it. */
const FILE_MAX = 4 << 20;
// Rule: whatever has the file's name is not waited for, a pipe for example.
const { O_APPEND, O_CREAT, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;
const READING = O_RDONLY | O_NONBLOCK;
const ADDING = O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK;
const OWNER_ONLY = 0o600;
const FOLDER_OWNER_ONLY = 0o700;

/**
 * What may be a secret: the user part of an address, a share link, a word that says so; and what is in the
 * environment for one.
 */
const SECRET = /:\/\/[^\s/]*@|\/\.sealift\/share\/|token|secret|passw|bearer|api.?key|credential/i;

/** `$XDG_STATE_HOME/sealift/history`, or below `~/.local/state` (XDG Base Directory Specification). */
export function historyFile(env: NodeJS.ProcessEnv = process.env): string {
  const { XDG_STATE_HOME: stateHome = '' } = env;
  // Rule of that specification: a relative path is to be ignored.
  const home = isAbsolute(stateHome) ? stateHome : join(homedir(), '.local', 'state');
  return join(home, 'sealift', 'history');
}

/** False for a line that begins with a space, or may have a secret in it: as in other shells, and never to be found in a file. */
export function isToBeKept(line: string, env: NodeJS.ProcessEnv = process.env): boolean {
  const token = env.SEALIFT_TOKEN;
  if (token && line.includes(token)) return false;
  return line.trim() !== '' && !line.startsWith(' ') && line.length <= LINE_MAX && !SECRET.test(line);
}

/**
 * Lines that were typed, kept between runs, for their owner only. Shells that run at the same time add to the same file. No
 * failure of it is worth a word: then there is no history.
 */
export class History {
  #last = '';

  constructor(private readonly file: string = historyFile()) {}

  /** The newest first. */
  load(): string[] {
    const lines = this.#lines();
    if (lines.length > FILE_LINES_MAX) this.#shorten(lines.slice(-HISTORY_MAX));
    // Whoever else wrote to the file: no line of it acts on the terminal.
    return lines
      .filter((line) => shown(line) === line && line.length <= LINE_MAX)
      .slice(-HISTORY_MAX)
      .reverse();
  }

  add(line: string): void {
    if (!isToBeKept(line) || line === this.#last) return;
    this.#last = line;
    ignoringFailure(() => {
      mkdirSync(dirname(this.file), { recursive: true, mode: FOLDER_OWNER_ONLY });
      const fd = openSync(this.file, ADDING, OWNER_ONLY);
      try {
        writeSync(fd, `${line}\n`);
      } finally {
        closeSync(fd);
      }
    });
  }

  #lines(): string[] {
    let lines: string[] = [];
    ignoringFailure(() => {
      const fd = openSync(this.file, READING);
      try {
        // It may have been made by something else.
        fchmodSync(fd, OWNER_ONLY);
        const { size } = fstatSync(fd);
        const tail = Buffer.alloc(Math.min(size, FILE_MAX));
        readSync(fd, tail, 0, tail.length, size - tail.length);
        lines = tail.toString('utf8').split('\n');
        // The first one may have lost its beginning.
        if (tail.length < size) lines.shift();
      } finally {
        closeSync(fd);
      }
    });
    return lines.filter((line) => line !== '');
  }

  #shorten(lines: string[]): void {
    const beside = `${this.file}.${process.pid}`;
    ignoringFailure(() => {
      writeFileSync(beside, `${lines.join('\n')}\n`, { mode: OWNER_ONLY, flag: 'wx' });
      renameSync(beside, this.file);
    });
    ignoringFailure(() => rmSync(beside, { force: true }));
  }
}

function ignoringFailure(work: () => void): void {
  try {
    work();
  } catch {}
}
