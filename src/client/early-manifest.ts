import type { ConnectionPool } from './connection-pool.js';
import { type RemoteManifest, remoteManifest } from './remote-manifest.js';

/**
 * Asks for a file's manifest over a connection of its own while the file is received, so that a bad chunk shows when it
 * arrives. Without it, it shows at the end: whatever goes wrong here is nobody's failure.
 */
export class EarlyManifest {
  #ending = new AbortController();

  /**
   * @param announced only a manifest of this file, and with this root, is of use
   * @param onManifest not called any more after {@link stop}
   */
  ask(
    pool: ConnectionPool,
    name: string,
    announced: { md5: string | null; root: string | undefined },
    signal: AbortSignal | undefined,
    onManifest: (manifest: RemoteManifest) => void,
  ): void {
    this.stop();
    this.#ending = new AbortController();
    const ending = signal ? AbortSignal.any([signal, this.#ending.signal]) : this.#ending.signal;
    pool
      .use(ending, (connection) => remoteManifest(connection, name))
      .then((manifest) => {
        const isOfFile = manifest.md5 === announced.md5 && manifest.root === announced.root;
        if (isOfFile && !ending.aborted) onManifest(manifest);
      })
      .catch(() => {});
  }

  stop(): void {
    this.#ending.abort();
  }
}
