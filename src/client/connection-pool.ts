import { abortedError } from '../errors/index.js';
import { ProtocolError } from '../protocol/index.js';
import { Connection } from './connection.js';
import type { ServerAddress } from './server-url.js';

/** More connections than this to one server are never opened. */
const CONNECTIONS_MAX = 8;

/** Connections to one server, opened when needed and used again when idle. */
export class ConnectionPool {
  readonly #idle: Connection[] = [];
  readonly #open = new Set<Connection>();
  readonly #waiting: (() => void)[] = [];
  #opening = 0;
  #everConnected = false;
  #closed = false;

  constructor(
    readonly address: ServerAddress,
    private readonly timeout: number,
  ) {}

  /** True once any connection was made: a server that cannot be reached now may come back. */
  get everConnected(): boolean {
    return this.#everConnected;
  }

  /**
   * Runs `use` with a connection of its own. A connection that is not at the end of a reply afterwards is not used
   * again. Aborting the signal ends the connection.
   */
  async use<T>(signal: AbortSignal | undefined, use: (connection: Connection) => Promise<T>): Promise<T> {
    const connection = await this.#take(signal);
    const onAbort = () => connection.destroy();
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      return await use(connection);
    } catch (error) {
      // A failure frame is a whole reply: the connection is as good as before.
      if (error instanceof ProtocolError || !connection.isIdle) connection.destroy();
      throw signal?.aborted ? abortedError(signal) : error;
    } finally {
      signal?.removeEventListener('abort', onAbort);
      this.#giveBack(connection);
    }
  }

  close(): void {
    this.#closed = true;
    for (const connection of this.#open) connection.destroy();
    for (const wake of this.#waiting.splice(0)) wake();
  }

  async #take(signal: AbortSignal | undefined): Promise<Connection> {
    for (;;) {
      if (signal?.aborted || this.#closed) throw abortedError(signal);
      const idle = this.#idle.pop();
      if (idle?.isIdle) return idle;
      if (idle) this.#forget(idle);
      else if (this.#open.size + this.#opening < CONNECTIONS_MAX) return this.#connect(signal);
      else await this.#turn(signal);
    }
  }

  #turn(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      signal?.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  async #connect(signal: AbortSignal | undefined): Promise<Connection> {
    this.#opening++;
    try {
      const connection = await Connection.open(this.address, { timeout: this.timeout, signal });
      this.#everConnected = true;
      this.#open.add(connection);
      return connection;
    } finally {
      this.#opening--;
      this.#waiting.shift()?.();
    }
  }

  #giveBack(connection: Connection): void {
    if (connection.isIdle && !this.#closed) this.#idle.push(connection);
    else this.#forget(connection);
    this.#waiting.shift()?.();
  }

  #forget(connection: Connection): void {
    connection.destroy();
    this.#open.delete(connection);
  }
}
