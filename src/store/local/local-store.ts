import { HashPool } from '../../digest/index.js';
import type { DigestIndex } from '../digest-index/digest-index.js';
import { openIndex } from '../digest-index/open-index.js';
import { ShareRecords } from '../shares/share-records.js';
import type { ListPage, ListQuery, SmallFiles, Store, StoredFile } from '../store.js';
import { BackgroundHashing } from './background-hashing.js';
import { Catalogue } from './catalogue.js';
import { checkedFolder } from './checked-folder.js';
import { DigestKeeper } from './digest-keeper.js';
import { FileThread } from './file-thread.js';
import { ListedEntries } from './listed-entries.js';
import { LocalFile } from './local-file.js';
import { type ScheduleOptions, ScrubSchedule } from './scrub-schedule.js';
import { ServedRoot } from './served-root.js';
import { SmallFileReader } from './small-file-reader.js';

/** How often the storage is walked although it is watched: the kernel drops events when too many come at once. */
const REFRESH_MS = 10 * 60_000;

/** So long after the last request nobody asks for anything just now. */
const QUIET_MS = 10;
/** Batches of small files at once; what none has used yet takes no room. */
const BATCHES = 64;
/** A batch that takes longer waits for a slow disk, or one that does not answer. */
const LATE_MS = 100;

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
  readonly #thread: FileThread;
  readonly #smallFiles: SmallFileReader;
  readonly #scrubs: ScrubSchedule | null;
  #openFiles = 0;
  #askedAt = 0;
  readonly shares: ShareRecords;
  readonly #timer: NodeJS.Timeout;

  private constructor(
    private readonly root: ServedRoot,
    readonly index: DigestIndex,
    options: LocalStoreOptions,
  ) {
    this.shares = new ShareRecords(index.side);
    this.#thread = new FileThread(root.path, { slots: BATCHES, lateMs: LATE_MS });
    // Before anybody asks, and beside the walk.
    void this.#thread.started();
    this.#pool = new HashPool(options.hashers ?? 2);
    this.#keeper = new DigestKeeper(index, this.#pool);
    this.#background = new BackgroundHashing(root, index, this.#keeper, {
      onRot: options.onRot ?? (() => {}),
      isQuiet: () => this.#openFiles === 0 && performance.now() - this.#askedAt > QUIET_MS,
    });
    this.#catalogue = new Catalogue(
      root,
      index,
      new ListedEntries(root, index, this.#thread),
      (name) => this.#background.stale(name),
      (names, areAllNew) => this.#background.add(names, areAllNew),
    );
    this.#smallFiles = new SmallFileReader(root.accepts, this.#keeper, this.#thread);
    this.#scrubs = options.scrub ? new ScrubSchedule(root, index, options.scrub) : null;
    const refresh = () => {
      this.#background.walkBegins();
      // A walk that fails (the folder is gone, or unreadable) is told to whoever lists.
      this.#catalogue.refresh().then(
        () => this.#background.hashAll(),
        () => this.#background.walkFailed(),
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

  async list(query: ListQuery): Promise<ListPage> {
    this.#askedAt = performance.now();
    try {
      return await this.#catalogue.list(query);
    } finally {
      this.#askedAt = performance.now();
    }
  }

  async open(name: string): Promise<StoredFile> {
    this.#askedAt = performance.now();
    const opened = await this.root.open(name);
    this.#openFiles++;
    const onClose = () => {
      this.#openFiles--;
      this.#askedAt = performance.now();
    };
    return new LocalFile(name, opened, this.root, this.#keeper, onClose);
  }

  smallFiles(): SmallFiles | null {
    this.#askedAt = performance.now();
    return this.#smallFiles.batch();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    const background = this.#background.close();
    const scrubs = this.#scrubs?.close();
    await Promise.all([this.#pool.close(), this.#thread.close()]);
    await Promise.all([this.#catalogue.close(), background, scrubs]);
    await this.index.close();
  }
}
