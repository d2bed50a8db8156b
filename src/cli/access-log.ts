import { Writable } from 'node:stream';
import pc from 'picocolors';
import { type DestinationStream, type Logger, pino } from 'pino';
import { escapeControls, SealiftError } from '../errors/index.js';
import type { RequestRecord } from '../server/index.js';
import { formatBytes } from './format.js';
import { LogStream } from './log-stream.js';
import { note, shown } from './output.js';
import { withoutLinks } from './share-links.js';

export type LogStyle = 'pretty' | 'json' | 'off';

/** Lines of failed requests in a second; more are only counted, so that a flood of errors fills no disk. */
const FAILURES_PER_SECOND = 100;

/** A line per request on stderr. Whatever a client sent is escaped, so that a name cannot forge a line. */
export class AccessLog {
  readonly #logger: Logger;
  #second = 0;
  #failures = 0;
  #suppressed = 0;

  constructor(
    private readonly style: LogStyle,
    stream: Writable = process.stderr,
  ) {
    const lines = new LogStream(stream, (count) =>
      this.warn(`${count} lines were not logged, as nobody read them`),
    );
    this.#logger = pino(
      { base: null, timestamp: pino.stdTimeFunctions.isoTime, level: style === 'off' ? 'silent' : 'info' },
      style === 'pretty' ? prettyLines(lines) : lines,
    );
  }

  /** A program that a client runs; its end is told as a request. */
  started({ peer, command }: { peer: string; command: string }): void {
    this.#logger.info({ peer, op: 'exec', name: escapeControls(command) }, 'started');
  }

  request({ peer, op, name, code, bytes, milliseconds, exit, error }: RequestRecord): void {
    if (this.style === 'off') return;
    const isFailure = code !== 'OK';
    if (isFailure && this.#isFlooded()) return;
    const ms = Math.round(milliseconds * 10) / 10;
    const record: Record<string, unknown> = { peer, op, name: name && loggable(name), code, bytes, ms };
    if (exit !== undefined) record.exit = exit;
    if (isFailure) record.reason = loggable(error instanceof Error ? error.message : String(error));
    // Not foreseen, so whoever runs the server needs more than a line.
    if (error !== undefined && !(error instanceof SealiftError)) record.stack = (error as Error).stack;
    this.#logger[isFailure ? 'warn' : 'info'](record, 'request');
  }

  /** Something about the server itself, said whatever becomes of requests. */
  say(message: string): void {
    if (this.style === 'json') this.#logger.info({}, escapeControls(message));
    else note(`sealift: ${shown(message)}`);
  }

  warn(message: string): void {
    this.#logger.warn({}, escapeControls(message));
  }

  #isFlooded(): boolean {
    const second = Math.floor(Date.now() / 1_000);
    if (second !== this.#second) {
      if (this.#suppressed > 0) this.warn(`${this.#suppressed} more failed requests were not logged`);
      this.#second = second;
      this.#failures = 0;
      this.#suppressed = 0;
    }
    if (++this.#failures <= FAILURES_PER_SECOND) return false;
    this.#suppressed++;
    return true;
  }
}

/** Rule: a name may be a link or an address that somebody took for one, and who reads logs need not have what it opens. */
function loggable(text: string): string {
  return withoutLinks(escapeControls(text));
}

/** The same records as lines for people. */
function prettyLines(out: DestinationStream): Writable {
  const colors = pc.createColors(process.stderr.isTTY === true && pc.isColorSupported);
  return new Writable({
    decodeStrings: false,
    write(line: string, _encoding, done) {
      const { time, msg, peer, op, name, code, bytes, ms, exit, reason } = JSON.parse(line);
      const at = colors.dim(String(time).slice(11, 23));
      if (msg === 'started') out.write(`${at} ${peer} ${op} ${name} ${msg}\n`);
      else if (msg !== 'request') out.write(`${at} ${colors.yellow(msg)}\n`);
      else {
        const result = code === 'OK' ? colors.green(code) : colors.red(code);
        const end = exit === undefined ? '' : `${typeof exit === 'number' ? `exit ${exit}` : exit}, `;
        const facts = code === 'OK' ? `${end}${formatBytes(bytes)}` : reason;
        out.write(`${at} ${peer} ${op}${name === undefined ? '' : ` ${name}`} ${result} ${facts} ${ms} ms\n`);
      }
      done();
    },
  });
}
