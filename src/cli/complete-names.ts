import { connect } from '../client/index.js';

/** A shell waits for this, so it must be short. */
const PATIENCE_MS = 500;
const NAMES_MAX = 500;

type Done = (completions: string[]) => void;

/** Completes served names for the commands that take one; everything else as yargs does. */
export async function completeNames(
  current: string,
  argv: { _?: (string | number)[]; server?: string },
  useDefault: (onCompleted?: (error: Error | null, completions?: string[]) => void) => unknown,
  done: Done,
): Promise<void> {
  // `_` begins with the program's own name.
  const command = String(argv._?.[1] ?? '');
  const takesName = ['fetch', 'get', 'info', 'list', 'ls', 'verify'].includes(command);
  if (!takesName || current.startsWith('-')) {
    useDefault();
    return;
  }
  done(await servedNames(current, argv.server).catch(() => []));
}

async function servedNames(prefix: string, server: string | undefined): Promise<string[]> {
  const url = server ?? process.env.SEALIFT_SERVER ?? 'sealift://127.0.0.1:9696';
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const client = await connect(url, { signal });
  try {
    const names: string[] = [];
    for await (const { name } of client.list('**', { signal })) {
      if (name.startsWith(prefix)) names.push(name);
      if (names.length === NAMES_MAX) break;
    }
    return names;
  } finally {
    client.close();
  }
}
