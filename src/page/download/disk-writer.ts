/** Each write is a message to another process of the browser: few large ones take less. */
const BUFFER = 4 << 20;

/** Writes to the swap file of a handle. Nothing shows in the file itself until it is closed. */
export class DiskWriter {
  #pieces: Uint8Array<ArrayBuffer>[] = [];
  #pending = 0;
  #size = 0;

  private constructor(
    private readonly handle: FileSystemFileHandle,
    private readonly stream: FileSystemWritableFileStream,
  ) {}

  static async open(handle: FileSystemFileHandle): Promise<DiskWriter> {
    return new DiskWriter(handle, await handle.createWritable({ keepExistingData: false }));
  }

  async write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    this.#pieces.push(bytes);
    this.#pending += bytes.length;
    if (this.#pending >= BUFFER) await this.#flush();
  }

  async close(): Promise<void> {
    await this.#flush();
    await this.stream.close();
    const { size } = await this.handle.getFile();
    if (size !== this.#size) throw new Error(`the disk has ${size} of ${this.#size} bytes`);
  }

  async abort(): Promise<void> {
    this.#pieces = [];
    await this.stream.abort().catch(() => {});
  }

  async #flush(): Promise<void> {
    if (this.#pending === 0) return;
    const blob = new Blob(this.#pieces);
    this.#pieces = [];
    this.#pending = 0;
    await this.stream.write(blob);
    this.#size += blob.size;
  }
}
