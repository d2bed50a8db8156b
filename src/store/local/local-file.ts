import type { FileHandle } from 'node:fs/promises';
import { type FileDigests, hasManifest } from '../../digest/index.js';
import { SealiftError } from '../../errors/index.js';
import type { DigestOptions, Digests, FileFacts, Manifest, StoredFile } from '../store.js';
import type { DigestKeeper } from './digest-keeper.js';
import { type FileIdentity, identityOf, mtimeMs, sameIdentity } from './file-identity.js';
import { manifestOf } from './kept-manifest.js';
import { mediaTypeOf } from './media-type.js';
import { fillFrom } from './read-fully.js';
import type { OpenedFile, ServedRoot } from './served-root.js';

/** A regular file of the local storage, held by its descriptor: a rename over its name does not change what is read. */
export class LocalFile implements StoredFile {
  readonly facts: FileFacts;
  readonly #handle: FileHandle;
  readonly #identity: FileIdentity;
  #endOffer: (() => void) | null = null;
  readonly #openedAt = Date.now();

  constructor(
    private readonly name: string,
    opened: OpenedFile,
    private readonly root: ServedRoot,
    private readonly keeper: DigestKeeper,
    private readonly onClose: () => void,
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

  knownDigests(): Digests | null {
    return this.keeper.known(this.name, this.#identity);
  }

  async digests(options: DigestOptions = {}): Promise<Digests> {
    const known = this.knownDigests();
    if (known !== null && !options.fresh) return known;
    const { md5, root } = await this.#hash(options);
    return { md5, root };
  }

  async manifest(options: DigestOptions = {}): Promise<Manifest> {
    const known = await this.keeper.manifest(this.name, this.#identity);
    if (known !== null && !options.fresh) return known;
    if (!hasManifest(this.facts.size)) {
      throw new SealiftError('TOO_LARGE', `${this.name}: a file of more than 2 TiB has no manifest`);
    }
    const digests = await this.#hash(options);
    // Better the one that the index has: it is not held in memory while it is sent. Of a young file it has none.
    return (await this.keeper.manifest(this.name, this.#identity)) ?? manifestOf(digests);
  }

  #hash(options: DigestOptions): Promise<FileDigests> {
    return this.keeper.hash(this.name, this.#identity, () => this.root.open(this.name), options);
  }

  willOffer(): void {
    this.#endOffer ??= this.keeper.expect(this.name, this.#identity);
  }

  offer(digests: FileDigests): void {
    this.keeper.keep(this.name, this.#identity, digests, this.#openedAt);
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
    this.#endOffer?.();
    this.onClose();
    await this.#handle.close();
  }
}
