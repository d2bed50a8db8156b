import { HashPool } from '../../digest/index.js';
import type { DigestIndex } from '../digest-index/digest-index.js';
import { openIndex } from '../digest-index/open-index.js';
import type { ListPage, ListQuery, SmallFiles, Store, StoredFile } from '../store.js';
import { BackgroundHashing } from './background-hashing.js';
import { Catalogue } from './catalogue.js';
import { checkedFolder } from './checked-folder.js';
import { DigestKeeper } from './digest-keeper.js';
import { LocalFile } from './local-file.js';
import { type ScheduleOptions, ScrubSchedule } from './scrub-schedule.js';
import { ServedRoot } from './served-root.js';
import { SmallFileReader } from './small-file-reader.js';

/** How often the storage is walked although it is watched: the kernel drops events when too many come at once. */
const REFRESH_MS = 10 * 60_000;

export interface LocalStoreOptions {
  /** The rule for names: a file whose name breaks it does not exist. */
  accepts: (name: string) => boolean;
  /** Hashings at once, default 2. */
  hashers?: number;
  /** Told of files that were found rotten while nobody asked for them. */
  onRot?: (error: unknown) => void;
  /** Default: none. */
  scrub?: ScheduleOptions | undefined;
  /** Default: the one that {@link openIndex} finds. */
  index?: DigestIndex;
}

/** A folder of this machine. */
export class LocalStore implements Store {
  readonly #pool: HashPool;
  readonly #keeper: DigestKeeper;
  readonly #catalogue: Catalogue;
  readonly #background: BackgroundHashing;
  readonly #smallFiles: SmallFileReader;
  readonly #scrubs: ScrubSchedule | null;
  readonly #timer: NodeJS.Timeout;

  private constructor(
    private readonly root: ServedRoot,
    readonly index: DigestIndex,
    options: LocalStoreOptions,
  ) {
    this.#pool = new HashPool(options.hashers ?? 2);
    this.#keeper = new DigestKeeper(index, this.#pool);
    this.#background = new BackgroundHashing(root, index, this.#keeper, options.onRot ?? (() => {}));
    this.#catalogue = new Catalogue(root, index, (name) => this.#background.add(name));
    this.#smallFiles = new SmallFileReader(root.path, root.accepts, this.#keeper);
    this.#scrubs = options.scrub ? new ScrubSchedule(root, index, options.scrub) : null;
    const refresh = () => {
      // A walk that fails (the folder is gone, or unreadable) is told to whoever lists.
      this.#catalogue.refresh().then(
        () => this.#background.hashAll(),
        () => {},
      );
    };
    refresh();
    this.#timer = setInterval(refresh, REFRESH_MS).unref();
  }

  /**
   * Opens the folder at once; walking and hashing go on behind.
   * @throws SealiftError LOCAL_IO, PERMISSION, EXISTS when `folder` is not a folder that can be read
   */
  static async open(folder: string, options: LocalStoreOptions): Promise<LocalStore> {
    const path = await checkedFolder(folder);
    const index = options.index ?? (await openIndex(path));
    return new LocalStore(new ServedRoot(path, options.accepts), index, options);
  }

  list(query: ListQuery): Promise<ListPage> {
    return this.#catalogue.list(query);
  }

  async open(name: string): Promise<StoredFile> {
    return new LocalFile(name, await this.root.open(name), this.root, this.#keeper);
  }

  smallFiles(): SmallFiles | null {
    return this.#smallFiles.batch();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    const background = this.#background.close();
    const scrubs = this.#scrubs?.close();
    await Promise.all([this.#pool.close(), this.#smallFiles.close()]);
    await Promise.all([this.#catalogue.close(), background, scrubs]);
    await this.index.close();
  }
}
