import { randomUUID } from 'node:crypto';
import { SealiftError } from '../../errors/index.js';
import { Pattern } from '../../protocol/index.js';
import { mayUse, ScopedStore, type ShareRecords, type Store } from '../../store/index.js';
import { type Capability, readCapability } from './capability.js';
import type { Grant } from './grant.js';

/**
 * What a capability opens to one session; without a session it is one of its own.
 * @param now milliseconds since the Unix epoch
 * @throws SealiftError UNAUTHORIZED for what is no capability of this server's; FORBIDDEN for one that has come to its end
 */
export function sharedGrant(
  store: Store,
  { share, session = randomUUID() }: { share: string; session?: string | undefined },
  now: () => number,
): Grant {
  const { shares } = store;
  const key = shares?.key ?? null;
  const capability = key && readCapability(share, key);
  if (!shares || capability === null) {
    throw new SealiftError(
      'UNAUTHORIZED',
      'this link is not one of this server: it may be damaged, or the server has lost its links; ask for a new one',
    );
  }
  const grant = new SharedGrant(store, shares, capability, session, now);
  grant.ensureValid();
  return grant;
}

/** What one session may do with a link. */
class SharedGrant implements Grant {
  readonly kind = 'share';
  readonly store: Store;
  readonly expires?: number;
  #isUsed = false;

  constructor(
    store: Store,
    private readonly records: ShareRecords,
    private readonly capability: Capability,
    private readonly session: string,
    private readonly now: () => number,
  ) {
    if (capability.expiresAt !== null) this.expires = capability.expiresAt;
    const pattern = new Pattern(capability.pattern);
    const scope = { prefix: pattern.prefix, matches: (name: string) => pattern.matches(name) };
    this.store = new ScopedStore(store, scope, () => this.#isUsed && this.#fault() === null);
  }

  ensureValid(): void {
    const fault = this.#fault();
    if (fault !== null) throw ended(fault);
  }

  async use(): Promise<void> {
    this.ensureValid();
    if (this.#isUsed) return;
    const { id, uses } = this.capability;
    if (uses !== null && !this.records.use(id, this.session)) throw ended(usedUp(uses));
    this.#isUsed = true;
  }

  /** Why it opens nothing any more, or null. */
  #fault(): string | null {
    const { id, expiresAt, uses } = this.capability;
    if (expiresAt !== null && expiresAt <= this.now()) return 'this link has expired';
    const record = this.records.get(id);
    // Rule: a link of which nothing is known opens nothing.
    if (record === undefined || record.revoked) return 'this link was revoked';
    return uses === null || this.#isUsed || mayUse(record, this.session) ? null : usedUp(uses);
  }
}

function usedUp(uses: number): string {
  return `this link has been used up: it was good for ${uses} ${uses === 1 ? 'use' : 'uses'}`;
}

function ended(fault: string): SealiftError {
  return new SealiftError('FORBIDDEN', `${fault}; ask for a new one`);
}
