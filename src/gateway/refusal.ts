import { SealiftError } from '../errors/index.js';
import type { ProblemText } from './problem-text.js';

export interface RefusalOptions {
  /** Default: that of the code. */
  status?: number;
  headers?: Record<string, string | string[]>;
  /** For people, instead of the page that tells of any problem. */
  page?: (text: ProblemText) => RefusalPage;
}

export interface RefusalPage {
  html: string;
  /** Its Content-Security-Policy. */
  policy: string;
}

/** What is refused in another way than its code says. */
export class Refusal extends SealiftError {
  constructor(
    { code, message, retryAfter }: SealiftError,
    readonly options: RefusalOptions,
  ) {
    super(code, message, retryAfter === undefined ? {} : { retryAfter });
  }
}
