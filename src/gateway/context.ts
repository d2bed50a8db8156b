import type { Socket } from 'node:net';
import type { ErrorCode } from '../errors/index.js';
import type { Store, StoredFile } from '../store/index.js';

/** What is known of a request when it has ended. */
export interface HttpRecord {
  /** `address:port` of the client. */
  peer: string;
  /** The method. */
  op: string;
  /** The name asked for, as sent: not safe to print. */
  name?: string;
  code: 'OK' | ErrorCode;
  /** Body bytes sent. */
  bytes: number;
  milliseconds: number;
  error?: unknown;
}

/** Waits until a peer takes what is written to it, and resets one that takes it too slowly. */
export interface PacedWrites {
  /** A response begins. */
  begin(): void;
  /**
   * Resolves when `write` says that it is done.
   * @throws SealiftError TIMEOUT for a peer that is too slow, ABORTED for one that has left
   */
  taken(write: (done: (error?: Error | null) => void) => void): Promise<void>;
}

/** Where a body goes. */
export interface BodyWriter {
  header(header: object, length?: number): void;
  /** Resolves when the kernel has it: the buffer may be used again. */
  body(bytes: Buffer): Promise<void>;
}

/** What a request may do. */
export interface Grant {
  readonly kind: 'open' | 'token' | 'share';
  /** What may be seen of the storage. */
  readonly store: Store;
  /** Of a share link that ends: when, in milliseconds since the Unix epoch. */
  readonly expires?: number | null;
  /**
   * To be called before bytes of a file are sent.
   * @throws SealiftError FORBIDDEN for a link that has been used up
   */
  use(): Promise<void>;
}

/** Who may see what, as the server decides it. */
export interface Access {
  /** Who shows nothing is told nothing. */
  readonly isClosed: boolean;
  /** Of whoever shows nothing; null if that is not enough. */
  readonly anonymous: Grant | null;
  /** Another object since tokens were replaced. */
  readonly version: object;
  /**
   * May take its time, so that guessing does.
   * @throws SealiftError UNAUTHORIZED, with `retryAfter` where nothing was looked at; FORBIDDEN for a link that has ended; ABORTED
   */
  authorize(
    shown: { token?: string; share?: string; session?: string },
    from: { address: string; signal: AbortSignal },
  ): Promise<Grant>;
  /** What a browser shows instead of the token; `expires` in seconds since the Unix epoch. */
  ticketFor(token: string, expires: number): string;
  /** Null for one that is wrong, or too old. */
  ofTicket(ticket: string): Grant | null;
}

/** What the gateway uses of the server that it belongs to: the same storage, limits and memory, and who may see what. Times in milliseconds. */
export interface GatewayContext {
  access: Access;
  limits: { headerTimeout: number; idleTimeout: number; bodyTimeout: number };
  /** Names besides those of this machine under which it may be asked, without ports. */
  allowHosts: readonly string[];
  onRequest: (record: HttpRecord) => void;
  sendBody: (
    file: StoredFile,
    range: { offset: number; length: number },
    writer: BodyWriter,
    header: object,
  ) => Promise<void>;
  pacedWrites: (socket: Socket) => PacedWrites;
  resetSocket: (socket: Socket) => void;
}
