import { DiskWriter } from './disk-writer.js';
import { removeIfEmpty } from './file-system-access.js';
import type { Saved, Sink } from './sink.js';

/** The file that was picked. It is empty, as the picker made it, until all is verified. */
export class PickedFileSink implements Sink {
  #writer: DiskWriter | null = null;

  constructor(private readonly handle: FileSystemFileHandle) {}

  async open(): Promise<void> {
    this.#writer = await DiskWriter.open(this.handle);
  }

  async write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    await this.#writer?.write(bytes);
  }

  async commit(): Promise<Saved> {
    await this.#writer?.close();
    return { name: this.handle.name };
  }

  async abort(): Promise<void> {
    await this.#writer?.abort();
    await removeIfEmpty(this.handle);
  }
}
