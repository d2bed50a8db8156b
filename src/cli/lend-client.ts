import type { Retry, Sealift } from '../client/index.js';
import { type ClientArguments, withClient } from './client-options.js';

export interface ClientWishes {
  /** Told of what is asked anew, but for what a transfer itself tells. */
  onRetry?: (retry: Retry) => void;
  /** At a time, at the most. */
  connections?: number | undefined;
}

/** Runs `use` with a client: one that is made for it, or the one that a shell has. */
export type LendClient = <R>(use: (client: Sealift) => Promise<R>, wishes?: ClientWishes) => Promise<R>;

/** For a command that is all there is: a client of its own, closed afterwards. */
export function ownClient(args: ClientArguments, signal: AbortSignal): LendClient {
  return (use, { connections, onRetry } = {}) => withClient({ ...args, connections }, signal, use, onRetry);
}
