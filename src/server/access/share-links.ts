import { SealiftError } from '../../errors/index.js';
import type { ShareRecord, ShareRecords, Store } from '../../store/index.js';
import { signCapability } from './capability.js';

export interface LinkRequest {
  /** Of the protocol, and valid. */
  pattern: string;
  /** From now, in seconds; undefined: for ever. */
  seconds?: number | undefined;
  uses?: number | undefined;
}

/** Makes share links, lists them, and ends them. */
export class ShareLinks {
  /** @param now milliseconds since the Unix epoch */
  constructor(
    private readonly store: Store,
    private readonly now: () => number,
  ) {}

  /** @throws SealiftError BUSY, INTERNAL */
  make({ pattern, seconds, uses }: LinkRequest): { record: ShareRecord; capability: string } {
    const now = this.now();
    // The link itself tells whole seconds.
    const expiresAt = seconds === undefined ? null : Math.floor(now / 1_000 + seconds) * 1_000;
    const { record, key } = this.#records.add({ pattern, expiresAt, uses: uses ?? null }, now);
    return { record, capability: signCapability(record, key) };
  }

  /** Up to `limit` links, by id, behind the id `after`. */
  list(after: string | undefined, limit: number): ShareRecord[] {
    return this.#records.list(after, limit);
  }

  /** @throws SealiftError NOT_FOUND, INTERNAL */
  revoke(id: string): void {
    if (!this.#records.revoke(id)) throw new SealiftError('NOT_FOUND', `no such share link: ${id}`);
  }

  get #records(): ShareRecords {
    const { shares } = this.store;
    if (!shares) throw new SealiftError('UNSUPPORTED', 'this server has no share links');
    return shares;
  }
}
