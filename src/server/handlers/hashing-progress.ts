import type { DigestOptions } from '../../store/index.js';
import type { HandlerContext } from './handler.js';

const INTERIM_MS = 1_000;

/** Runs a task that may hash a file; if the client asked for `progress`, tells it meanwhile how far that is. */
export async function withProgress<T>(
  request: { fresh?: boolean | undefined; progress?: boolean | undefined },
  { writer, signal, unlessShared }: HandlerContext,
  task: (options: DigestOptions) => Promise<T>,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const options: DigestOptions = { fresh: request.fresh ?? false, signal, unlessShared };
  if (request.progress) {
    options.onHashing = (progress) => {
      clearInterval(timer);
      timer = setInterval(() => writer.header({ hashing: progress() }), INTERIM_MS);
    };
  }
  try {
    return await task(options);
  } finally {
    clearInterval(timer);
  }
}
