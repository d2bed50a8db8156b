import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { SealiftError, systemCode } from '../errors/index.js';
import { DEFAULT_PORT, isName } from '../protocol/index.js';
import { type IndexKind, LocalStore, type ScrubReport } from '../store/index.js';
import { Admission } from './admission.js';
import { Connection } from './connection.js';
import { Executor, type ServerExec } from './exec/index.js';
import { type Gateway, type GatewayParts, gatewayParts } from './gateway.js';
import type { Grant } from './handlers/index.js';
import { refuse } from './refuse.js';
import type { RequestRecord } from './request-record.js';
import { DEFAULT_LIMITS, type ServerLimits } from './server-limits.js';

export interface ServeOptions {
  /** Default 127.0.0.1. */
  host?: string;
  /** Default 9696; 0 takes any free port. */
  port?: number;
  limits?: Partial<ServerLimits>;
  /** Called after each request. */
  onRequest?: (record: RequestRecord) => void;
  /** Told of served files that were found damaged while nobody asked for them. */
  onRot?: (error: unknown) => void;
  /** Makes what answers connections that begin with a capital letter. Default: they are told that this is no request. */
  gateway?: (parts: GatewayParts) => Gateway;
  /** Reads the whole storage again every now and then, to find what has rotted. Default: never. */
  scrub?: ServerScrub;
  /** Lets clients with a token run programs. Default: there is no such op. */
  exec?: ServerExec;
  /** What every client may do, for tests: until there are tokens, nobody has one. */
  grant?: Grant;
}

export interface ServerScrub {
  /** From the end of one scrub to the beginning of the next, in milliseconds; restarts do not put it off. */
  interval: number;
  /** Bytes a second at the most. Default {@link SCRUB_RATE}. */
  rate?: number;
  onBegin?: () => void;
  onEnd?: (report: ScrubReport) => void;
}

/** Bytes a second that a scrub behind a server reads, unless said otherwise. */
export const SCRUB_RATE = 20_000_000;

/** A client whose machine vanished while a program runs for it, or while it is idle, tells nothing by itself. */
const KEEP_ALIVE = { keepAlive: true, keepAliveInitialDelay: 300_000 };

export interface SealiftServer {
  /** `sealift://HOST:PORT`, ready for a client. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** Where the index is kept; `folder` is null in memory. */
  readonly index: { kind: IndexKind; folder: string | null };
  /** Requests that are being answered now. */
  readonly running: number;
  /** Takes no new connection, lets running transfers finish (at most `drainTimeout`), and closes the index. */
  close(): Promise<void>;
  /** Ends every connection now. */
  abort(): void;
}

/**
 * Serves the folder `dir`. Resolves when the server listens.
 * @throws SealiftError NETWORK when the address cannot be had; LOCAL_IO or PERMISSION when the folder cannot be read
 */
export async function serve(dir: string, options: ServeOptions = {}): Promise<SealiftServer> {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const { host = '127.0.0.1', port = DEFAULT_PORT, onRequest = () => {}, onRot = () => {} } = options;
  const admission = new Admission(limits);
  const connections = new Set<Connection>();

  const scrub = options.scrub && {
    rate: SCRUB_RATE,
    ...options.scrub,
    onRotten: (_name: string, error: unknown) => onRot(error),
  };
  const executor = options.exec ? await Executor.open(options.exec, dir) : null;
  const store = await LocalStore.open(dir, { accepts: isName, hashers: limits.hashers, onRot, scrub });
  // Half open: a client may shut down its sending side and still read replies.
  const server = createServer({ allowHalfOpen: true, noDelay: true, ...KEEP_ALIVE }, accept);
  try {
    await listen(server, { host, port, backlog: limits.backlog });
  } catch (error) {
    await store.close();
    throw error;
  }
  const gateway = options.gateway?.(gatewayParts(store, limits, onRequest)) ?? null;
  const address = server.address() as AddressInfo;

  function accept(socket: Socket): void {
    const remote = socket.remoteAddress;
    // Gone again before it was accepted.
    if (remote === undefined) return void socket.destroy();
    try {
      admission.enter(remote);
    } catch (error) {
      return refuse(socket, error as SealiftError);
    }
    const granted = options.grant ? { grant: options.grant } : {};
    const context = { store, limits, onRequest, gateway, executor, ...granted };
    const connection = new Connection(socket, context);
    connections.add(connection);
    socket.once('close', () => {
      connections.delete(connection);
      admission.leave(remote);
    });
  }

  async function close(): Promise<void> {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    const timer = setTimeout(abort, limits.drainTimeout);
    gateway?.drain();
    await Promise.all([...connections].map((connection) => connection.drain()));
    await closed;
    clearTimeout(timer);
    await executor?.idle();
    gateway?.close();
    await store.close();
  }

  function abort(): void {
    for (const connection of connections) connection.destroy();
  }

  let closing: Promise<void> | undefined;
  return {
    url: urlOf(address),
    host: address.address,
    port: address.port,
    index: { kind: store.index.kind, folder: store.index.folder },
    get running() {
      const busy = [...connections].filter((connection) => connection.isBusy).length;
      return busy + (gateway?.running ?? 0);
    },
    close: () => (closing ??= close()),
    abort,
  };
}

function urlOf({ address, port, family }: AddressInfo): string {
  return family === 'IPv6' ? `sealift://[${address}]:${port}` : `sealift://${address}:${port}`;
}

function listen(server: Server, at: { host: string; port: number; backlog: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => reject(listenError(cause, at)));
    server.listen(at, () => {
      server.removeAllListeners('error');
      // Accepting may fail later (too many open files); the connections that there are go on.
      server.on('error', () => {});
      resolve();
    });
  });
}

function listenError(cause: unknown, { host, port }: { host: string; port: number }): SealiftError {
  const says: Record<string, string> = {
    EADDRINUSE: `port ${port} on ${host} is already in use; stop what uses it or choose another with --port`,
    EACCES: `port ${port} on ${host} needs more rights; choose one above 1023 with --port`,
    EADDRNOTAVAIL: `${host} is no address of this machine`,
    ENOTFOUND: `${host} is no address of this machine`,
  };
  const code = systemCode(cause) ?? '';
  return new SealiftError('NETWORK', says[code] ?? `cannot listen on ${host}:${port} (${code})`, { cause });
}
