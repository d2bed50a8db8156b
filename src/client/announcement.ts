import type { ExpectedDigest } from '../digest/index.js';
import { SealiftError } from '../errors/index.js';
import { parseReply } from '../protocol/index.js';
import type { Range } from './chunk-map.js';
import type { Connection } from './connection.js';
import type { DownloadOptions } from './download-options.js';
import { type RemoteManifest, remoteManifest } from './remote-manifest.js';
import { remoteStat } from './remote-stat.js';
import { type FileHeader, rangeHeader, requestFile, sendRange } from './request-file.js';

/** What a server says of a file; `md5` null while it hashes as it sends. */
type Facts = Pick<FileHeader, 'size' | 'md5' | 'root'> & {
  /** Null where only digests were asked for so far. */
  about: { type: string; mtime: number } | null;
};

/** What the server announced for the file that is downloaded; every answer after the first is held against it. */
export class Announcement {
  #facts: Facts | null = null;
  #isStarted = false;

  constructor(
    private readonly name: string,
    private readonly options: DownloadOptions,
  ) {}

  get md5(): string | null {
    return this.#facts?.md5 ?? null;
  }

  get root(): string | undefined {
    return this.#facts?.root;
  }

  /** Size and MD5, by which a range is asked for. */
  get file(): { size: number; md5: string } {
    return { size: this.#facts?.size ?? 0, md5: this.md5 ?? '' };
  }

  /** Milliseconds since the Unix epoch. */
  get mtime(): number {
    return this.#facts?.about?.mtime ?? 0;
  }

  /** Asks for the whole file, whatever was announced before. Its body is still to come, and the {@link trailer}. */
  async whole(connection: Connection, patience: number | undefined): Promise<FileHeader> {
    const header = await requestFile(connection, this.name, patience);
    this.#take(header);
    return header;
  }

  /** Behind the body of a {@link whole} file that was announced without MD5. */
  async trailer(connection: Connection): Promise<void> {
    const { md5 } = parseReply('trailer', await connection.header());
    this.#requireExpectedMd5(md5);
    this.#facts = { ...(this.#facts as Facts), md5 };
  }

  /** Asks for a range of the file. */
  askRange(connection: Connection, range: Range): void {
    sendRange(connection, this.name, range, this.file);
  }

  /** Takes the header of a range that was asked for. Its body is still to come. */
  async range(connection: Connection, range: Range): Promise<void> {
    this.#take(await rangeHeader(connection, this.name, range, this.file));
  }

  /**
   * Asks for the manifest.
   * @param received MD5 of what has come, if that is the whole: where it is the manifest's it was announced wrong
   * @throws SealiftError CHANGED when it is that of another file
   */
  async manifest(connection: Connection, received?: string): Promise<RemoteManifest> {
    const { onHashing } = this.options;
    let manifest = await remoteManifest(connection, this.name, onHashing);
    // One of the two came damaged. The MD5 decides in the end; the manifest only says which chunk to fetch again.
    if (this.root !== undefined && this.root !== manifest.root) {
      manifest = await remoteManifest(connection, this.name, onHashing);
    }
    const { size, md5 } = manifest;
    this.#requireExpectedMd5(md5);
    if (this.#facts === null) this.#facts = { size, md5, root: undefined, about: null };
    const isSame = this.md5 === null || md5 === this.md5 || md5 === received;
    if (size !== this.#facts.size || !isSame) throw this.changed();
    this.#facts.md5 = md5;
    return manifest;
  }

  /** Asks for type and time, where only digests are known. */
  async complete(connection: Connection): Promise<void> {
    if (this.#facts?.about) return;
    const { md5 } = this;
    await this.askAgain(connection);
    if (this.md5 !== md5) throw this.changed();
  }

  /** Asks again for all of it: what was announced may have come damaged. False if it is the same. */
  async askAgain(connection: Connection): Promise<boolean> {
    const { size, md5 } = this.file;
    const now = await remoteStat(connection, this.name, { onHashing: this.options.onHashing });
    if (now.size !== size) throw this.changed();
    this.#take(now);
    return now.md5 !== md5;
  }

  /** The file is another one now. */
  forget(): void {
    this.#facts = null;
  }

  /** @throws SealiftError CORRUPT unless `found` is the digest that somebody expects */
  requireExpected(found: string): void {
    const { expect } = this.options;
    if (expect) this.#requireSame(expect, found);
  }

  changed(): SealiftError {
    return new SealiftError('CHANGED', `${this.name}: it changed on the server meanwhile`);
  }

  #take({ size, type, mtime, md5, root }: Omit<FileHeader, 'ok' | 'id' | 'offset' | 'length'>): void {
    if (md5 !== null) this.#requireExpectedMd5(md5);
    if (!this.#isStarted) this.options.onStart?.({ size, type });
    this.#isStarted = true;
    this.#facts = { size, md5, root, about: { type, mtime } };
  }

  #requireExpectedMd5(md5: string): void {
    const { expect } = this.options;
    if (expect?.algorithm === 'md5') this.#requireSame(expect, md5);
  }

  #requireSame({ algorithm, hex }: ExpectedDigest, found: string): void {
    if (hex === found) return;
    const says = `not the expected file: expected ${algorithm} ${hex}, the server has ${found}`;
    throw new SealiftError('CORRUPT', `${this.name}: ${says}; nothing was kept`);
  }
}
