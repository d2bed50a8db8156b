import { notFound } from './not-found.js';
import type { ListPage, ListQuery, RememberedFile, SmallFiles, Store, StoredFile } from './store.js';

/** The names that are seen. */
export interface Scope {
  /** Every name that matches begins with this. */
  prefix: string;
  matches(name: string): boolean;
}

/** Some names of a store; to whoever has it, there are no others. It does not own the store. */
export class ScopedStore implements Store {
  /** @param mayBatch asked before small files are read together: whoever reads them so asks nothing else before */
  constructor(
    private readonly store: Store,
    private readonly scope: Scope,
    private readonly mayBatch: () => boolean = () => true,
  ) {}

  async list({ prefix = '', matches, ...rest }: ListQuery): Promise<ListPage> {
    const { scope } = this;
    const [longer, shorter] =
      prefix.length > scope.prefix.length ? [prefix, scope.prefix] : [scope.prefix, prefix];
    // Rule: what both begin with is looked for and nothing else, so that a link of one file costs no more than that.
    if (!longer.startsWith(shorter)) return { entries: [], next: null };
    return this.store.list({
      ...rest,
      prefix: longer,
      matches: (name) => scope.matches(name) && matches(name),
    });
  }

  async open(name: string): Promise<StoredFile> {
    // Rule: before anything is looked at, so that names that are there and names that are not are answered alike.
    if (!this.scope.matches(name)) throw notFound(name);
    return this.store.open(name);
  }

  smallFiles(): SmallFiles | null {
    const files = this.mayBatch() ? (this.store.smallFiles?.() ?? null) : null;
    return files && new ScopedSmallFiles(files, this.scope);
  }

  /** The store is somebody else's. */
  async close(): Promise<void> {}
}

class ScopedSmallFiles implements SmallFiles {
  constructor(
    private readonly files: SmallFiles,
    private readonly scope: Scope,
  ) {}

  get buffer(): Buffer {
    return this.files.buffer;
  }

  get isFull(): boolean {
    return this.files.isFull;
  }

  remembered(name: string): RememberedFile | null {
    return this.scope.matches(name) ? this.files.remembered(name) : null;
  }

  add(file: RememberedFile, at: number): void {
    this.files.add(file, at);
  }

  read(): Promise<number> {
    return this.files.read();
  }

  release(): void {
    this.files.release();
  }
}
