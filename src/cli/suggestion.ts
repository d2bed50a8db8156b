import { type Sealift, suggestName } from '../client/index.js';
import { SealiftError, systemCode } from '../errors/index.js';

/** Names looked through for a suggestion: enough to help, few enough not to keep anybody waiting. */
const NAMES_MAX = 5_000;

/** Adds the name that was probably meant to a NOT_FOUND error; returns other errors as they are. */
export async function withSuggestion(
  client: Sealift,
  asked: string,
  error: unknown,
  signal: AbortSignal,
): Promise<unknown> {
  if (systemCode(error) !== 'NOT_FOUND') return error;
  const suggestion = await suggestName(asked, someNames(client, signal)).catch(() => null);
  const { message } = error as Error;
  const hint = suggestion === null ? 'see "sealift list" for what is there' : `did you mean "${suggestion}"?`;
  return new SealiftError('NOT_FOUND', `${message}; ${hint}`, { cause: error });
}

async function* someNames(client: Sealift, signal: AbortSignal): AsyncGenerator<string> {
  let count = 0;
  for await (const { name } of client.list('**', { signal })) {
    yield name;
    if (++count === NAMES_MAX) return;
  }
}
