import { createHash, randomBytes } from 'node:crypto';
import { SealiftError } from '../../errors/index.js';
import { decodeShare, encodeShare, SESSION_DIGEST, type ShareRecord } from './share-codec.js';
import type { SideTable } from './side-table.js';

const KEY = 'share-key';
const KEY_LENGTH = 32;
const RECORD = 'share:';
const RECORDS_MAX = 10_000;

/** What may be known of a link that is made. */
export type NewShare = Pick<ShareRecord, 'pattern' | 'expiresAt' | 'uses'>;

/**
 * The share links of a storage, and the key that they are signed with: kept together, so that a lost index ends all of them, and
 * brings none back that was revoked. Every server on the same storage sees the same.
 */
export class ShareRecords {
  /** @param max links that are kept */
  constructor(
    private readonly table: SideTable,
    private readonly max: number = RECORDS_MAX,
  ) {}

  /** The key, 32 bytes; null before the first link was made. To ask writes nothing: anybody may. */
  get key(): Buffer | null {
    const key = this.table.get(KEY);
    return key?.length === KEY_LENGTH ? key : null;
  }

  /** Undefined also for a record that is damaged: whether it was revoked is not known. */
  get(id: string): ShareRecord | undefined {
    const bytes = this.table.get(RECORD + id);
    return bytes && decodeShare(id, bytes);
  }

  /** Up to `limit` links, by id, behind the id `after`. */
  list(after: string | undefined, limit: number): ShareRecord[] {
    const from = after === undefined ? undefined : RECORD + after;
    return this.table.keys(RECORD, from, limit).flatMap((key) => this.get(key.slice(RECORD.length)) ?? []);
  }

  /**
   * Remembers a link, with an id of its own.
   * @param now milliseconds since the Unix epoch
   * @throws SealiftError BUSY where there is no room; INTERNAL
   */
  add({ pattern, expiresAt, uses }: NewShare, now: number): { record: ShareRecord; key: Buffer } {
    return this.table.transact((writing) => {
      const known = this.table.keys(RECORD, undefined, this.max);
      // Rule: a link that has not expired is never forgotten, revoked or not.
      if (known.length >= this.max && this.#forgetExpired(known, now, writing.remove) === 0) {
        throw new SealiftError('BUSY', `there are ${this.max} share links already, and none has expired`);
      }
      const kept = this.key;
      const key = kept ?? randomBytes(KEY_LENGTH);
      if (kept === null) writing.put(KEY, key);
      const record: ShareRecord = {
        id: this.#freeId(),
        pattern,
        createdAt: now,
        expiresAt,
        uses,
        revoked: false,
        sessions: Buffer.alloc(0),
      };
      writing.put(RECORD + record.id, encodeShare(record));
      return { record, key };
    });
  }

  /** False if there is no such link. */
  revoke(id: string): boolean {
    return this.table.transact((writing) => {
      const record = this.get(id);
      if (record === undefined) return false;
      writing.put(RECORD + id, encodeShare({ ...record, revoked: true }));
      return true;
    });
  }

  /** Counts a session of a link with an end of uses, once. False if there is none left, or no such link. */
  use(id: string, session: string): boolean {
    // Counted already: without a write.
    const known = this.get(id);
    if (known && hasUsed(known, session)) return !known.revoked;
    return this.table.transact((writing) => {
      const record = this.get(id);
      if (record === undefined || record.revoked || !mayUse(record, session)) return false;
      if (record.uses === null || hasUsed(record, session)) return true;
      const sessions = Buffer.concat([record.sessions, digestOf(session)]);
      writing.put(RECORD + id, encodeShare({ ...record, sessions }));
      return true;
    });
  }

  #freeId(): string {
    for (;;) {
      const id = randomBytes(6).toString('hex');
      if (this.get(id) === undefined) return id;
    }
  }

  #forgetExpired(keys: readonly string[], now: number, remove: (key: string) => void): number {
    let count = 0;
    for (const key of keys) {
      const { expiresAt = null } = this.get(key.slice(RECORD.length)) ?? {};
      if (expiresAt === null || expiresAt > now) continue;
      remove(key);
      count++;
    }
    return count;
  }
}

export function usedOf({ sessions }: ShareRecord): number {
  return sessions.length / SESSION_DIGEST;
}

/** True if the session is one of those that have used the link, or there is a use left for it. */
export function mayUse(record: ShareRecord, session: string): boolean {
  return record.uses === null || usedOf(record) < record.uses || hasUsed(record, session);
}

function hasUsed({ sessions }: ShareRecord, session: string): boolean {
  if (sessions.length === 0) return false;
  const digest = digestOf(session);
  for (let at = 0; at < sessions.length; at += SESSION_DIGEST) {
    if (sessions.subarray(at, at + SESSION_DIGEST).equals(digest)) return true;
  }
  return false;
}

function digestOf(session: string): Buffer {
  return createHash('sha256').update(session).digest().subarray(0, SESSION_DIGEST);
}
