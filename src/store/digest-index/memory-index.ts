import type { DigestIndex, IndexRecord, NamesFrom } from './digest-index.js';

/** The index of last resort, where no folder can be written: gone with the process. */
export class MemoryIndex implements DigestIndex {
  readonly kind = 'memory';
  readonly folder = null;
  readonly #records = new Map<string, IndexRecord>();
  #sorted: { name: string; key: Buffer }[] | null = null;

  get(name: string): IndexRecord | undefined {
    return this.#records.get(name);
  }

  put(name: string, record: IndexRecord): void {
    if (!this.#records.has(name)) this.#sorted = null;
    this.#records.set(name, record);
  }

  remove(name: string): void {
    if (this.#records.delete(name)) this.#sorted = null;
  }

  names(from: NamesFrom, limit: number): string[] {
    this.#sorted ??= [...this.#records.keys()]
      .map((name) => ({ name, key: Buffer.from(name) }))
      .sort((a, b) => Buffer.compare(a.key, b.key));
    const start = firstFrom(this.#sorted, from);
    return this.#sorted.slice(start, start + limit).map(({ name }) => name);
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
