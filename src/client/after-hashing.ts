import { type HashingProgress, type JsonObject, parseInterim } from '../protocol/index.js';
import type { Connection } from './connection.js';
import { HashingWatch } from './hashing-watch.js';

/** The reply's header to a request with `progress`. Waits as long as the server's hashing gets on. */
export async function headerAfterHashing(
  connection: Connection,
  name: string,
  onHashing: ((progress: HashingProgress) => void) | undefined,
): Promise<JsonObject> {
  const watch = new HashingWatch(name, connection.timeout);
  for (;;) {
    const header = await connection.header();
    const interim = parseInterim(header);
    if (interim === null) return header;
    watch.check(interim);
    onHashing?.(interim);
  }
}
