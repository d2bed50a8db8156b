import type { FileHandle } from 'node:fs/promises';
import { SealiftError } from '../../errors/index.js';
import type { DigestOptions, FileFacts, StoredFile } from '../store.js';
import type { DigestKeeper } from './digest-keeper.js';
import { type FileIdentity, identityOf, mtimeMs, sameIdentity } from './file-identity.js';
import { mediaTypeOf } from './media-type.js';
import { fillFrom } from './read-fully.js';
import type { OpenedFile, ServedRoot } from './served-root.js';

/** A regular file of the local storage, held by its descriptor: a rename over its name does not change what is read. */
export class LocalFile implements StoredFile {
  readonly facts: FileFacts;
  readonly #handle: FileHandle;
  readonly #identity: FileIdentity;
  readonly #openedAt = Date.now();

  constructor(
    private readonly name: string,
    opened: OpenedFile,
    private readonly root: ServedRoot,
    private readonly keeper: DigestKeeper,
  ) {
    this.#handle = opened.handle;
    this.#identity = identityOf(opened.stats);
    this.facts = {
      name,
      type: mediaTypeOf(name),
      size: Number(this.#identity.size),
      mtime: mtimeMs(this.#identity),
    };
  }

  knownMd5(): string | null {
    return this.keeper.known(this.name, this.#identity);
  }

  async md5(options: DigestOptions = {}): Promise<string> {
    const known = this.knownMd5();
    if (known !== null && !options.fresh) return known;
    return this.keeper.hash(this.name, this.#identity, () => this.root.open(this.name), options);
  }

  async offerMd5(md5: string): Promise<void> {
    await this.keeper.keep(this.name, this.#identity, md5, this.#openedAt);
  }

  async read(buffer: Buffer, position: number): Promise<number> {
    try {
      return await fillFrom(this.#handle, buffer, position);
    } catch (cause) {
      throw new SealiftError('INTERNAL', `${this.name}: the server cannot read this file`, { cause });
    }
  }

  async ensureUnchanged(): Promise<void> {
    const now = await this.#handle.stat({ bigint: true });
    if (!sameIdentity(now, this.#identity)) {
      throw new SealiftError('CHANGED', `${this.name}: the file changed while it was sent`);
    }
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}
