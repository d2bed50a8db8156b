import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { SealiftError, systemCode } from '../errors/index.js';
import { DEFAULT_PORT, isName } from '../protocol/index.js';
import { type IndexKind, LocalStore, type ScrubReport } from '../store/index.js';
import { AccessControl } from './access/index.js';
import { Admission } from './admission.js';
import { Connection } from './connection.js';
import { Executor, type ServerExec } from './exec/index.js';
import { type Gateway, type GatewayParts, gatewayParts } from './gateway.js';
import { refuse } from './refuse.js';
import type { RequestRecord } from './request-record.js';
import { DEFAULT_LIMITS, type ServerLimits } from './server-limits.js';
import type { ServerCertificate } from './tls/certificate.js';
import { TlsFront } from './tls/tls-front.js';

export interface ServeOptions {
  /** Default 127.0.0.1. */
  host?: string;
  /** Default 9696; 0 takes any free port. */
  port?: number;
  limits?: Partial<ServerLimits>;
  /** Who shows one of them is let in, and nobody else. Default: whoever connects is. */
  tokens?: readonly string[];
  /** With TLS and tokens: peers from beyond this machine may show them without TLS. */
  insecure?: boolean;
  /** Called after each request. */
  onRequest?: (record: RequestRecord) => void;
  /** Told of served files that were found damaged while nobody asked for them. */
  onRot?: (error: unknown) => void;
  /** Makes what answers connections that begin with a capital letter. Default: they are told that this is no request. */
  gateway?: (parts: GatewayParts) => Gateway;
  /** Speaks TLS on the same port with who begins so. Default: with nobody. */
  tls?: ServerCertificate;
  /** Reads the whole storage again every now and then, to find what has rotted. Default: never. */
  scrub?: ServerScrub;
  /** Lets clients with a token run programs. Default: there is no such op. */
  exec?: ServerExec;
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
  /** `sealift://HOST:PORT`, or `sealifts://HOST:PORT#sha256:HEX` for one with a certificate: ready for a client. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** SHA-256 of its certificate, 64 lower-case hex digits; null for one without TLS. */
  readonly fingerprint: string | null;
  /** Where the index is kept; `folder` is null in memory. */
  readonly index: { kind: IndexKind; folder: string | null };
  /** Requests that are being answered now. */
  readonly running: number;
  /** From now on these tokens let in, of which there must be one at least. */
  replaceTokens(tokens: readonly string[]): void;
  /**
   * Shows another certificate from now on; running connections go on.
   * @throws SealiftError USAGE for a certificate or key that is none, or where they do not fit: the old one stays then
   */
  replaceCertificate(certificate: ServerCertificate): void;
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
  const { tokens = [], insecure = false } = options;
  const tls = options.tls
    ? new TlsFront({
        certificate: options.tls,
        rules: { hasToken: tokens.length > 0, isInsecure: insecure },
        headerTimeout: limits.headerTimeout,
        onConnection: begin,
        onFailure: (peer, error) =>
          onRequest({ peer, op: '-', code: error.code, bytes: 0, milliseconds: 0, error }),
      })
    : null;
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
  const access = new AccessControl(store, tokens, limits);
  const gateway = options.gateway?.(gatewayParts(access, limits, onRequest)) ?? null;
  const address = server.address() as AddressInfo;

  const ofLinks = () => tls?.ofLinks ?? null;

  function accept(socket: Socket): void {
    const remote = socket.remoteAddress;
    // Gone again before it was accepted.
    if (remote === undefined) return void socket.destroy();
    try {
      admission.enter(remote);
    } catch (error) {
      return refuse(socket, error as SealiftError);
    }
    socket.once('close', () => admission.leave(remote));
    if (tls) tls.accept(socket);
    else begin(socket);
  }

  function begin(socket: Socket): void {
    const connection = new Connection(socket, { access, limits, onRequest, gateway, executor, ofLinks });
    connections.add(connection);
    socket.once('close', () => connections.delete(connection));
  }

  async function close(): Promise<void> {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    const timer = setTimeout(abort, limits.drainTimeout);
    gateway?.drain();
    tls?.destroy();
    await Promise.all([...connections].map((connection) => connection.drain()));
    await closed;
    clearTimeout(timer);
    await executor?.idle();
    gateway?.close();
    await store.close();
  }

  function abort(): void {
    tls?.destroy();
    for (const connection of connections) connection.destroy();
  }

  let closing: Promise<void> | undefined;
  return {
    get url() {
      return urlOf(address, tls?.fingerprint ?? null);
    },
    host: address.address,
    port: address.port,
    get fingerprint() {
      return tls?.fingerprint ?? null;
    },
    replaceCertificate: (certificate) => {
      if (!tls) throw new SealiftError('USAGE', 'this server was begun without a certificate');
      tls.replaceCertificate(certificate);
    },
    index: { kind: store.index.kind, folder: store.index.folder },
    get running() {
      const busy = [...connections].filter((connection) => connection.isBusy).length;
      return busy + (gateway?.running ?? 0);
    },
    close: () => (closing ??= close()),
    replaceTokens: (tokens) => access.replaceTokens(tokens),
    abort,
  };
}

function urlOf({ address, port, family }: AddressInfo, fingerprint: string | null): string {
  const place = family === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`;
  return fingerprint === null ? `sealift://${place}` : `sealifts://${place}#sha256:${fingerprint}`;
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
