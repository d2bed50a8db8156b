import type { ErrorCode } from '../errors/index.js';

/** What is known of a request when it has ended; the access log makes a line of it. */
export interface RequestRecord {
  /** `address:port` of the client. */
  peer: string;
  /** As sent, or `-` where no request could be read. */
  op: string;
  /** The name, pattern or command asked for, as sent: not safe to print. */
  name?: string | undefined;
  code: 'OK' | ErrorCode;
  /** Body bytes sent. */
  bytes: number;
  milliseconds: number;
  /** Of a program: its exit code, or the signal that ended it. */
  exit?: number | string;
  error?: unknown;
}
