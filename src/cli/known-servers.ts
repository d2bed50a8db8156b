import { appendFileSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { KnownServers, ServerAddress } from '../client/index.js';
import { SealiftError } from '../errors/index.js';
import { configFolder } from './config-folder.js';
import { readKept } from './kept-file.js';
import { note } from './output.js';

const FINGERPRINT = /^sha256:([0-9a-f]{64})$/i;

/** The file of servers that were met before: lines `HOST:PORT sha256:HEX`. What begins with `#` is a comment. */
export class KnownServersFile implements KnownServers {
  readonly #path: string | null;
  /** Where nothing can be written, as long as the process lives. */
  readonly #met = new Map<string, string>();

  /** @param mayRemember false where nobody would read the note: servers that are not known are refused then */
  constructor(
    private readonly mayRemember = true,
    folder = configFolder(),
  ) {
    this.#path = folder === null ? null : join(folder, 'known-servers');
  }

  get place(): string {
    return this.#path ?? 'memory';
  }

  fingerprintOf(address: ServerAddress): string | undefined {
    const server = nameOf(address);
    const lines = (this.#path === null ? null : readKept(this.#path))?.split('\n') ?? [];
    for (const [at, line] of lines.entries()) {
      const [name, value = ''] = line.trim().split(/\s+/);
      if (name?.toLowerCase() !== server) continue;
      const [, hex] = FINGERPRINT.exec(value) ?? [];
      // Rule: a server of which something is remembered is never met for the first time.
      if (hex === undefined) {
        throw new SealiftError(
          'UNTRUSTED',
          `${this.place}, line ${at + 1}: ${name} needs a fingerprint, as sha256:HEX`,
        );
      }
      return hex.toLowerCase();
    }
    return this.#met.get(server);
  }

  remember(address: ServerAddress, fingerprint: string): void {
    const server = nameOf(address);
    if (!this.mayRemember) throw new SealiftError('UNTRUSTED', `${server} is not known yet`);
    this.#met.set(server, fingerprint);
    const isKept = this.#append(`${server} sha256:${fingerprint}\n`);
    const where = isKept ? `remembered in ${this.place}` : 'trusted this time, as it cannot be remembered';
    note(
      `sealift: ${server} is met for the first time; its certificate is ${where}: sha256:${fingerprint} (compare it with what the server printed)`,
    );
  }

  #append(line: string): boolean {
    if (this.#path === null) return false;
    try {
      mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
      // Somebody may have left the last line without its end.
      const before = readKept(this.#path) ?? '';
      const start = before === '' || before.endsWith('\n') ? '' : '\n';
      appendFileSync(this.#path, start + line, { mode: 0o600 });
      return true;
    } catch {
      return false;
    }
  }
}

function nameOf({ host, port }: ServerAddress): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
