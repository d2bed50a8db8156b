import { MANIFEST_MAX } from '../../digest/index.js';
import { MemoryTable } from '../shares/memory-table.js';
import {
  type DigestIndex,
  type IndexEntry,
  type IndexRecord,
  type NamesFrom,
  notSeen,
} from './digest-index.js';
import { keptPieces, PIECE } from './manifest-pieces.js';
import { decodeRecord } from './record-codec.js';

/** Room for manifests, in bytes; beyond it those that were put first go, and are made anew when asked for. */
const MANIFESTS_MAX = 2 * MANIFEST_MAX;

/** The index of last resort, where no folder can be written: gone with the process. */
export class MemoryIndex implements DigestIndex {
  readonly kind = 'memory';
  readonly folder = null;
  scrubbedAt: number | null = null;
  readonly side = new MemoryTable();
  readonly #records = new Map<string, IndexRecord>();
  readonly #manifests = new Map<string, { root: string; manifest: Buffer }>();
  #manifestBytes = 0;
  #sorted: { name: string; key: Buffer }[] | null = null;

  get(name: string): IndexRecord | undefined {
    return this.#records.get(name);
  }

  has(name: string): boolean {
    return this.#records.has(name);
  }

  addNames(names: readonly string[]): string[] {
    const added = names.filter((name) => !this.#records.has(name));
    for (const name of added) this.put(name, notSeen);
    return added;
  }

  putFirst(name: string, bytes: Buffer): boolean {
    const old = this.#records.get(name);
    if (old?.md5 || old?.rotten) return false;
    const record = decodeRecord(bytes);
    if (record) this.put(name, record);
    return true;
  }

  put(name: string, record: IndexRecord, manifest: Buffer | null = null): void {
    if (!this.#records.has(name)) this.#sorted = null;
    this.#records.set(name, record);
    const { root } = record;
    if (manifest || this.#manifests.get(name)?.root !== root) this.#forgetManifest(name);
    if (root === null || manifest === null || keptPieces(record) === 0) return;
    this.#manifests.set(name, { root, manifest });
    this.#manifestBytes += manifest.length;
    for (const oldest of this.#manifests.keys()) {
      if (this.#manifestBytes <= MANIFESTS_MAX) break;
      this.#forgetManifest(oldest);
    }
  }

  piece(name: string, { root }: IndexRecord, at: number): Buffer | undefined {
    const kept = this.#manifests.get(name);
    return kept?.root === root ? kept?.manifest.subarray(at * PIECE, (at + 1) * PIECE) : undefined;
  }

  remove(name: string): void {
    this.#forgetManifest(name);
    if (this.#records.delete(name)) this.#sorted = null;
  }

  #forgetManifest(name: string): void {
    this.#manifestBytes -= this.#manifests.get(name)?.manifest.length ?? 0;
    this.#manifests.delete(name);
  }

  entries(from: NamesFrom, limit: number): IndexEntry[] {
    this.#sorted ??= [...this.#records.keys()]
      .map((name) => ({ name, key: Buffer.from(name) }))
      .sort((a, b) => Buffer.compare(a.key, b.key));
    const start = firstFrom(this.#sorted, from);
    return this.#sorted
      .slice(start, start + limit)
      .map(({ name }) => ({ name, record: this.#records.get(name) }));
  }

  async settled(): Promise<void> {}

  async close(): Promise<void> {}
}

function firstFrom(sorted: { key: Buffer }[], from: NamesFrom): number {
  const bound = Buffer.from('least' in from ? from.least : from.behind);
  const isIn = (order: number) => ('least' in from ? order >= 0 : order > 0);
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const { key } = sorted[middle] as { key: Buffer };
    if (isIn(Buffer.compare(key, bound))) high = middle;
    else low = middle + 1;
  }
  return low;
}
