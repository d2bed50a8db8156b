import { SealiftError } from '../errors/index.js';

/** For whatever is not served, for whichever reason: nobody learns which. */
export function notFound(name: string, cause?: unknown): SealiftError {
  return new SealiftError('NOT_FOUND', `no such file: ${name}`, { cause });
}
