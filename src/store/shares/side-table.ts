/** What an index keeps besides names and digests: a few small values under keys of plain ASCII. */
export interface SideTable {
  /** As of now, whichever process wrote it. */
  get(key: string): Buffer | undefined;
  /** Keys that begin with `prefix`, behind `after` if that is given, in order; up to `limit`. */
  keys(prefix: string, after: string | undefined, limit: number): string[];
  /**
   * Runs `task` while nobody else writes, in any process; what it puts is there, on the disk too, when this returns. All or nothing.
   * @throws SealiftError INTERNAL where nothing can be written
   */
  transact<T>(task: (writing: SideTableWriting) => T): T;
}

export interface SideTableWriting {
  put(key: string, value: Buffer): void;
  remove(key: string): void;
}
