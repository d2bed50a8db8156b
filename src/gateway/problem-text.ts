import { httpStatusOf, SealiftError } from '../errors/index.js';

/** What a refusal says. */
export interface ProblemText {
  status: number;
  title: string;
  code: string;
  /** One line, with nothing of this machine in it. */
  detail: string;
}

export function problemText(error: unknown): ProblemText {
  const isOwn = error instanceof SealiftError;
  const code = isOwn ? error.code : 'INTERNAL';
  const detail = isOwn ? error.message : 'the server failed';
  return { status: httpStatusOf(error), title: titleOf(code), code, detail };
}

/** `NOT_FOUND`: Not found. */
function titleOf(code: string): string {
  return code.charAt(0) + code.slice(1).toLowerCase().replaceAll('_', ' ');
}
