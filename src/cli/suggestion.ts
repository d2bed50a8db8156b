import { type Sealift, suggestName } from '../client/index.js';
import { SealiftError, systemCode } from '../errors/index.js';
import { namesBelow } from './asked-names.js';

/** Names looked through for a suggestion: enough to help, few enough not to keep anybody waiting. */
const NAMES_MAX = 5_000;

/** Adds to a NOT_FOUND error that the name is a folder's, or the name that was probably meant; returns other errors as they are. */
export async function withSuggestion(
  client: Sealift,
  asked: string,
  error: unknown,
  signal: AbortSignal,
): Promise<unknown> {
  if (systemCode(error) !== 'NOT_FOUND' || asked === '') return error;
  if (await isFolder(client, asked, signal).catch(() => false)) {
    const says = `${asked}: this is a folder, not a file; see "sealift list" for what is in it`;
    return new SealiftError('NOT_FOUND', says, { cause: error });
  }
  const suggestion = await suggestName(asked, someNames(client, signal)).catch(() => null);
  const { message } = error as Error;
  const hint = suggestion === null ? 'see "sealift list" for what is there' : `did you mean "${suggestion}"?`;
  return new SealiftError('NOT_FOUND', `${message}; ${hint}`, { cause: error });
}

async function isFolder(client: Sealift, asked: string, signal: AbortSignal): Promise<boolean> {
  for await (const page of namesBelow(client, asked, signal)) {
    if (page.some(({ name }) => name !== asked)) return true;
  }
  return false;
}

async function* someNames(client: Sealift, signal: AbortSignal): AsyncGenerator<string> {
  let count = 0;
  for await (const { name } of client.list('**', { signal })) {
    yield name;
    if (++count === NAMES_MAX) return;
  }
}
