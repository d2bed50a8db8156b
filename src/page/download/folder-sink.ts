import { DiskWriter } from './disk-writer.js';
import { moveTo, removeEntry } from './file-system-access.js';
import { freeName, oneAtATime } from './free-name.js';
import { numberedName, partName } from './safe-name.js';
import type { Saved, Sink } from './sink.js';

/**
 * A file below a picked folder. It has a temporary name until it is verified. Where the browser cannot rename, it has its own name and is
 * empty until then. A file that is there already is never replaced.
 */
export class FolderSink implements Sink {
  #folder: FileSystemDirectoryHandle | null = null;
  #entry: FileSystemFileHandle | null = null;
  #writer: DiskWriter | null = null;
  /** As the entry is called now. */
  #entryName = '';
  #isRenamed = true;

  /** @param path safe names: folders, then the file's */
  constructor(
    private readonly root: FileSystemDirectoryHandle,
    private readonly path: readonly string[],
  ) {}

  async open(): Promise<void> {
    let folder = this.root;
    for (const name of this.path.slice(0, -1))
      folder = await folder.getDirectoryHandle(name, { create: true });
    this.#folder = folder;
    await oneAtATime(async () => {
      await this.#make(folder, partName(numberedName(this.#name, 1)));
      if (await this.#rename(folder, partName(this.#name))) return;
      await this.#remove();
      this.#isRenamed = false;
      await this.#make(folder, this.#name);
    });
    if (this.#entry) this.#writer = await DiskWriter.open(this.#entry);
  }

  async write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    await this.#writer?.write(bytes);
  }

  async commit(): Promise<Saved> {
    await this.#writer?.close();
    this.#writer = null;
    const { entry, folder } = { entry: this.#entry, folder: this.#folder };
    if (this.#isRenamed && entry && folder) {
      await oneAtATime(async () => {
        const name = await freeName(folder, this.#name);
        await moveTo(entry, name);
        this.#entryName = name;
      });
    }
    return { name: [...this.path.slice(0, -1), this.#entryName].join('/') };
  }

  async abort(): Promise<void> {
    await this.#writer?.abort();
    await this.#remove();
  }

  get #name(): string {
    return this.path.at(-1) ?? 'download';
  }

  async #make(folder: FileSystemDirectoryHandle, name: string): Promise<void> {
    this.#entryName = await freeName(folder, name);
    this.#entry = await folder.getFileHandle(this.#entryName, { create: true });
  }

  /** False if the browser cannot: having the method does not tell, some rename only files of their own storage. */
  async #rename(folder: FileSystemDirectoryHandle, wanted: string): Promise<boolean> {
    if (!this.#entry) return false;
    try {
      const name = await freeName(folder, wanted);
      await moveTo(this.#entry, name);
      this.#entryName = name;
      return true;
    } catch {
      return false;
    }
  }

  async #remove(): Promise<void> {
    if (this.#entry && this.#folder) await removeEntry(this.#folder, this.#entryName);
    this.#entry = null;
  }
}
