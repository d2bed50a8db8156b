import type { ErrorCode } from './codes.js';

/**
 * Every failure that Sealift foresees. `code` is stable and meant for programs; `message` is one line for
 * people: what happened, to which file, and what to do. A value of another class that reaches the top is a bug.
 */
export class SealiftError extends Error {
  override readonly name = 'SealiftError';
  readonly code: ErrorCode;
  /** Seconds after which it may be otherwise, where that is known. */
  readonly retryAfter: number | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    { retryAfter, ...options }: { cause?: unknown; retryAfter?: number } = {},
  ) {
    super(message, options);
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

/** The error that an aborted operation rejects with, whatever the signal's reason was. */
export function abortedError(signal?: AbortSignal): SealiftError {
  return new SealiftError('ABORTED', 'interrupted', { cause: signal?.reason });
}

/** The `code` of an error of Node or the operating system (`ENOENT`, `ECONNRESET`, …), if it has one. */
export function systemCode(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}
