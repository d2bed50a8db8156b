import { setTimeout as sleep } from 'node:timers/promises';
import { abortedError, type ErrorCode, SealiftError } from '../errors/index.js';

const RETRYABLE: ReadonlySet<ErrorCode> = new Set(['NETWORK', 'BUSY', 'TIMEOUT']);

export interface RetryPolicy {
  /** Tries after the first one; those count that come one after the other without progress. */
  retries: number;
  /** Milliseconds before the first retry; doubled each time. */
  delay: number;
}

export const DEFAULT_RETRY: RetryPolicy = { retries: 5, delay: 200 };

export interface Retry {
  /** 1 … `of`. */
  attempt: number;
  of: number;
  error: SealiftError;
  delay: number;
}

export interface RetryOptions {
  policy: RetryPolicy;
  signal?: AbortSignal | undefined;
  /** Asked before each retry, beyond the error's own kind. */
  mayRetry?: (error: SealiftError) => boolean;
  /** Grows while the work gets on: a try that got on does not count as a failed one. */
  progress?: () => number;
  onRetry?: ((retry: Retry) => void) | undefined;
}

/**
 * Runs `attempt` until it succeeds: again after broken connections, BUSY and TIMEOUT, with exponential backoff and
 * jitter, until `retries` tries in a row made no progress.
 */
export async function withRetry<T>(attempt: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { policy, signal, mayRetry = () => true, progress = () => 0, onRetry } = options;
  let reached = progress();
  for (let retries = 0; ; retries++) {
    try {
      return await attempt();
    } catch (error) {
      if (progress() > reached) retries = 0;
      reached = Math.max(reached, progress());
      const isRetryable = error instanceof SealiftError && RETRYABLE.has(error.code) && mayRetry(error);
      if (!isRetryable || retries >= policy.retries) throw error;
      const delay = policy.delay * 2 ** retries * (0.5 + Math.random() / 2);
      onRetry?.({ attempt: retries + 1, of: policy.retries, error, delay });
      try {
        await sleep(delay, undefined, { signal });
      } catch {
        throw abortedError(signal);
      }
    }
  }
}
