import type { SideTable, SideTableWriting } from './side-table.js';

/** Gone with the process. */
export class MemoryTable implements SideTable {
  readonly #values = new Map<string, Buffer>();

  get(key: string): Buffer | undefined {
    return this.#values.get(key);
  }

  keys(prefix: string, after: string | undefined, limit: number): string[] {
    return [...this.#values.keys()]
      .filter((key) => key.startsWith(prefix) && (after === undefined || key > after))
      .sort()
      .slice(0, limit);
  }

  transact<T>(task: (writing: SideTableWriting) => T): T {
    return task({
      put: (key, value) => void this.#values.set(key, value),
      remove: (key) => void this.#values.delete(key),
    });
  }
}
