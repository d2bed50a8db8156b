import { systemCode } from '../../errors/index.js';
import { type Entry, escapePattern, Pattern } from '../../protocol/index.js';
import { readPage } from '../catalogue.js';
import type { Connection } from '../connection.js';
import type { ConnectionPool } from '../connection-pool.js';

/** Requests that are sent ahead, out of the 256 that a server reads. */
const WINDOW = 128;

/**
 * The entries of files that are known by name, asked for many at a time; by name, without those that are not listed. Whoever
 * gets none asks for the file itself, which tells what is wrong: that the asking fails is not told here.
 * @throws SealiftError ABORTED
 */
export async function lookUp(
  pool: ConnectionPool,
  names: string[],
  signal: AbortSignal | undefined,
): Promise<Map<string, Entry>> {
  const found = new Map<string, Entry>();
  const patterns = names.map(patternOf).filter((pattern) => pattern !== null);
  try {
    await pool.use(signal, async (connection) => {
      try {
        await askAll(connection, patterns, found);
      } catch (error) {
        // Replies may still be on their way, and must not be read as the next request's.
        connection.destroy();
        throw error;
      }
    });
  } catch (error) {
    if (systemCode(error) === undefined || signal?.aborted) throw error;
  }
  return found;
}

async function askAll(connection: Connection, patterns: Pattern[], found: Map<string, Entry>): Promise<void> {
  for (let at = 0; at < patterns.length; at += WINDOW) {
    const some = patterns.slice(at, at + WINDOW);
    connection.sendAll(some.map(({ text }) => ({ op: 'list', pattern: text, limit: 1 })));
    for (const pattern of some) {
      const page = await readPage(connection, pattern, undefined);
      for (const entry of page.entries()) found.set(entry.name, entry);
    }
  }
}

/** Null for a name that is too long as a pattern. */
function patternOf(name: string): Pattern | null {
  try {
    return new Pattern(escapePattern(name));
  } catch {
    return null;
  }
}
