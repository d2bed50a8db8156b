import { setMaxListeners } from 'node:events';
import { abortedError, SealiftError } from '../errors/index.js';
import { ProtocolError } from '../protocol/index.js';
import { Connection } from './connection.js';
import { type Credentials, greet, isEmpty, type Manner } from './greeting.js';
import { DEFAULT_RETRY, type RetryOptions, type RetryPolicy } from './retry.js';
import type { ServerAddress } from './server-url.js';
import type { KnownServers } from './tls/known-servers.js';

/** More connections than this to one server are never opened. */
const CONNECTIONS_MAX = 8;

/** How a server is known, and what it is shown. */
interface Entrance extends Manner {
  known?: KnownServers | undefined;
  credentials?: Credentials;
}

/** Connections to one server, opened when needed and used again when idle. */
export class ConnectionPool {
  readonly #idle: Connection[] = [];
  readonly #open = new Set<Connection>();
  readonly #waiting = new Set<() => void>();
  /** As {@link #waiting}, of those whose turn comes when nobody else waits. */
  readonly #patient = new Set<() => void>();
  readonly #closing = new AbortController();
  #opening = 0;
  #everReached = false;

  constructor(
    readonly address: ServerAddress,
    private readonly timeout: number,
    private readonly retry: RetryPolicy = DEFAULT_RETRY,
    /** At a time, at the most. */
    readonly connections: number = CONNECTIONS_MAX,
    private readonly entrance: Entrance = {},
  ) {}

  /** As {@link address}, and by which certificate it is known: what others need to come here. */
  get knownAddress(): ServerAddress {
    const { address, entrance } = this;
    if (!address.tls || address.fingerprint !== undefined) return address;
    const fingerprint = entrance.known?.fingerprintOf(address);
    return fingerprint === undefined ? address : { ...address, fingerprint };
  }

  /** For {@link withRetry}: a server that was never reached is not there. */
  get retrying(): Pick<RetryOptions, 'policy' | 'mayRetry'> {
    return { policy: this.retry, mayRetry: () => this.#everReached };
  }

  /** True once anybody was there: a server that cannot be reached now may come back. */
  get everReached(): boolean {
    return this.#everReached;
  }

  /** Somebody cannot go on without a connection, and there is none left. */
  get isWanted(): boolean {
    return this.#waiting.size > 0;
  }

  /**
   * Runs `use` with a connection of its own. When it resolves it has read the whole reply. Aborting the signal ends the
   * connection.
   */
  use<T>(signal: AbortSignal | undefined, use: (connection: Connection) => Promise<T>): Promise<T> {
    return this.#use(signal, this.#waiting, use);
  }

  /** As {@link use}, for what is only quicker with a connection more: behind all others. */
  useSpare<T>(signal: AbortSignal | undefined, use: (connection: Connection) => Promise<T>): Promise<T> {
    return this.#use(signal, this.#patient, use);
  }

  async #use<T>(
    signal: AbortSignal | undefined,
    line: Set<() => void>,
    use: (connection: Connection) => Promise<T>,
  ): Promise<T> {
    // One signal may stand for any number of transfers; Node would warn of a leak.
    if (signal) setMaxListeners(0, signal);
    const connection = await this.#take(signal, line);
    const onAbort = () => connection.destroy();
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted) onAbort();
    try {
      return await use(connection);
    } catch (error) {
      // After any other error a reply may still be on its way, and must not be read as the next request's.
      if (error instanceof ProtocolError || !connection.gotFailure) connection.destroy();
      throw signal?.aborted ? abortedError(signal) : error;
    } finally {
      signal?.removeEventListener('abort', onAbort);
      this.#giveBack(connection);
    }
  }

  /** Opens connections until there are `count`, for who will want them soon. Never fails: they are opened again then. */
  warm(count: number): void {
    const missing = Math.min(count, this.connections) - this.#open.size - this.#opening;
    for (let opened = 0; opened < missing; opened++) {
      this.#connect(undefined)
        .then((connection) => this.#giveBack(connection))
        .catch(() => {});
    }
  }

  close(): void {
    this.#closing.abort();
    for (const connection of this.#open) connection.destroy();
    for (const wake of [...this.#waiting, ...this.#patient]) wake();
  }

  async #take(signal: AbortSignal | undefined, line: Set<() => void>): Promise<Connection> {
    for (;;) {
      if (signal?.aborted) {
        // The turn may have come just before: it is somebody else's then.
        this.#wakeNext();
        throw abortedError(signal);
      }
      if (this.#closing.signal.aborted) throw new SealiftError('ABORTED', 'the connection was closed');
      const idle = this.#idle.pop();
      if (idle?.isIdle) return idle;
      if (idle) this.#forget(idle);
      else if (this.#open.size + this.#opening < this.connections) return this.#connect(signal);
      else await this.#turn(signal, line);
    }
  }

  #turn(signal: AbortSignal | undefined, line: Set<() => void>): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        line.delete(wake);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      line.add(wake);
      signal?.addEventListener('abort', wake, { once: true });
    });
  }

  async #connect(signal: AbortSignal | undefined): Promise<Connection> {
    this.#opening++;
    const ending = signal ? AbortSignal.any([signal, this.#closing.signal]) : this.#closing.signal;
    try {
      const connection = await this.#opened(ending);
      this.#open.add(connection);
      // It may have been closed between the connecting and this.
      if (this.#closing.signal.aborted) connection.destroy();
      return connection;
    } catch (error) {
      this.#wakeNext();
      throw error;
    } finally {
      this.#opening--;
    }
  }

  async #opened(signal: AbortSignal): Promise<Connection> {
    const { known, credentials = {} } = this.entrance;
    const { address, timeout } = this;
    const onReached = () => {
      this.#everReached = true;
    };
    const connection = await Connection.open(address, { timeout, signal, known, onReached });
    if (isEmpty(credentials)) return connection;
    const onAbort = () => connection.destroy();
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      await greet(connection, credentials, this.entrance);
      return connection;
    } catch (error) {
      connection.destroy();
      throw signal.aborted ? abortedError(signal) : error;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  #wakeNext(): void {
    const [wake] = this.#waiting.size > 0 ? this.#waiting : this.#patient;
    wake?.();
  }

  #giveBack(connection: Connection): void {
    if (connection.isIdle) this.#idle.push(connection);
    else this.#forget(connection);
    this.#wakeNext();
  }

  #forget(connection: Connection): void {
    connection.destroy();
    this.#open.delete(connection);
  }
}
