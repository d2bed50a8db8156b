import { setTimeout as sleep } from 'node:timers/promises';
import { abortedError, type ErrorCode, SealiftError } from '../errors/index.js';

const RETRIES = 5;
const FIRST_DELAY_MS = 200;
const RETRYABLE: ReadonlySet<ErrorCode> = new Set(['NETWORK', 'BUSY']);

export interface Retry {
  /** 1 … 5. */
  attempt: number;
  of: number;
  error: SealiftError;
  delay: number;
}

export interface RetryOptions {
  signal?: AbortSignal | undefined;
  /** Asked before each retry, beyond the error's own kind. */
  mayRetry?: (error: SealiftError) => boolean;
  onRetry?: ((retry: Retry) => void) | undefined;
}

/** Runs `attempt` until it succeeds, at most 6 times: after broken connections and BUSY, with exponential backoff and full jitter. */
export async function withRetry<T>(attempt: () => Promise<T>, options: RetryOptions): Promise<T> {
  for (let retries = 0; ; retries++) {
    try {
      return await attempt();
    } catch (error) {
      const isRetryable =
        error instanceof SealiftError && RETRYABLE.has(error.code) && (options.mayRetry?.(error) ?? true);
      if (!isRetryable || retries === RETRIES) throw error;
      const delay = FIRST_DELAY_MS * 2 ** retries * (0.5 + Math.random() / 2);
      options.onRetry?.({ attempt: retries + 1, of: RETRIES, error, delay });
      try {
        await sleep(delay, undefined, { signal: options.signal });
      } catch {
        throw abortedError(options.signal);
      }
    }
  }
}
