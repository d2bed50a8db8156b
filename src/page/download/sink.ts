/** Where the bytes of a file go. What it holds is nobody's until it is committed. */
export interface Sink {
  open(): Promise<void>;
  /** In order. The bytes are not to be changed afterwards. */
  write(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** All bytes are written and verified: they become the file. */
  commit(): Promise<Saved>;
  /** Nothing is left of it. May be called at any time before it is committed, also unopened. Never fails. */
  abort(): Promise<void>;
}

/** What became of a verified file. */
export interface Saved {
  /** As it is called on the disk, if it is there. */
  name?: string;
  /** Its bytes, if they are in memory. */
  blob?: Blob;
}
