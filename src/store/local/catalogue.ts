import { stat } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { abortedError } from '../../errors/index.js';
import {
  type DigestIndex,
  type IndexEntry,
  type NamesFrom,
  notHashed,
} from '../digest-index/digest-index.js';
import type { ListPage, ListQuery, StoreEntry } from '../store.js';
import { identityOf, sameIdentity } from './file-identity.js';
import { FolderWatch } from './folder-watch.js';
import type { ListedEntries } from './listed-entries.js';
import type { ServedRoot } from './served-root.js';
import { CLOCK_TICK_MS } from './settled-stats.js';
import { TimeSlices } from './time-slices.js';
import { isWalked, walk } from './walk.js';

const BATCH = 512;
/** More changed names than this between two looks, and the whole storage is walked again. */
const CHANGED_MAX = 10_000;
const FLUSH_DELAY_MS = 50;
/** Links beyond are looked at when the storage is walked. */
const DANGLING_MAX = 1_000;

/**
 * The names in the storage, kept up to date in the index by walking it once and watching it from then on.
 */
export class Catalogue {
  readonly #watch: FolderWatch;
  #walked: Promise<void> = Promise.resolve();
  /** Names that changed; true for those that may stand for another file or folder now. */
  #changed = new Map<string, boolean>();
  /** Links that lead to nothing served: what they lead to may come. */
  readonly #danglingLinks = new Set<string>();
  #overflown = false;
  #flushing: Promise<void> = Promise.resolve();
  #flushTimer: NodeJS.Timeout | null = null;
  #closed = false;

  /**
   * @param onStale is told names whose digest is not known, or not any more
   * @param onFound is told regular files that a walk came upon, those that are new, and whether those are all
   */
  constructor(
    private readonly root: ServedRoot,
    private readonly index: DigestIndex,
    private readonly entries: ListedEntries,
    private readonly onStale: (name: string) => void,
    private readonly onFound: (names: readonly string[], areAllNew: boolean) => void,
  ) {
    this.#watch = new FolderWatch(root.path, (...change) => this.#noteChange(...change));
  }

  /** Walks the whole storage; listings wait for it. */
  refresh(): Promise<void> {
    this.#walked = this.#walked.catch(() => {}).then(() => this.#walkBelow(''));
    return this.#walked;
  }

  async list({ prefix = '', matches, after, limit, signal }: ListQuery): Promise<ListPage> {
    await this.#upToDate(after === undefined);
    const entries: StoreEntry[] = [];
    let from: NamesFrom =
      after === undefined || isBefore(after, prefix) ? { least: prefix } : { behind: after };
    const slices = new TimeSlices();
    const checkAborted = () => {
      if (signal?.aborted || this.#closed) throw abortedError(signal);
    };
    for (;;) {
      checkAborted();
      const known = this.index.entries(from, BATCH);
      const last = known.at(-1)?.name;
      if (last === undefined) return { entries, next: null };
      const wanted: IndexEntry[] = [];
      for (const entry of known) {
        // By time, not by number: a pattern from a peer may take long for one name.
        if (slices.isOver) {
          await slices.next();
          checkAborted();
        }
        if (matches(entry.name)) wanted.push(entry);
      }
      for (const entry of await this.entries.of(wanted)) {
        if (entries.length === limit) return { entries, next: entries.at(-1)?.name ?? null };
        entries.push(entry);
      }
      if (!last.startsWith(prefix)) return { entries, next: null };
      from = { behind: last };
      await nextTurn();
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#flushTimer) clearTimeout(this.#flushTimer);
    this.#watch.close();
    await Promise.allSettled([this.#walked, this.#flushing]);
  }

  /** Whatever changed before this call is in the index when it resolves. */
  async #upToDate(isFirstPage: boolean): Promise<void> {
    await this.#walked;
    // Changes made before the request came are queued in the kernel; one turn of the event loop hands them over.
    await nextTurn();
    await nextTurn();
    this.#flush();
    await this.#flushing;
    if (isFirstPage && !this.#watch.complete) await this.refresh();
    await this.index.settled();
  }

  async #walkBelow(below: string): Promise<void> {
    const startedAt = Date.now() - CLOCK_TICK_MS;
    const again: string[] = [];
    let batch: Promise<void>[] = [];
    const visitFolder = async (folder: string) => {
      if (this.#watch.has(folder)) return;
      this.#watch.add(folder);
      // A name that came after the folder was read and before it was watched shows in the folder's mtime.
      if (await changedSince(this.root.pathOf(folder), startedAt)) again.push(folder);
    };
    await visitFolder(below);
    let files: string[] = [];
    for await (const { kind, name } of walk(this.root.path, below)) {
      if (this.#closed) return;
      if (kind === 'file') {
        if (files.push(name) < BATCH) continue;
        this.#take(files);
        files = [];
        continue;
      }
      batch.push(kind === 'folder' ? visitFolder(name) : this.#visitLink(name));
      if (batch.length >= BATCH) {
        await Promise.all(batch);
        batch = [];
      }
    }
    this.#take(files);
    await Promise.all(batch);
    // Only in itself: what is below it was looked at in its own time.
    for (const folder of again) await this.#walkAgain(folder);
  }

  async #walkAgain(folder: string): Promise<void> {
    for await (const { kind, name } of walk(this.root.path, folder, 1)) {
      if (this.#closed) return;
      if (kind === 'file') this.#take([name]);
      else if (kind === 'link') await this.#visitLink(name);
      else if (!this.#watch.has(name)) await this.#walkBelow(name);
    }
  }

  /** The walk knows that they are regular files; what else there is to know shows whoever lists or hashes them. */
  #take(names: string[]): void {
    const accepted = names.filter((name) => this.root.accepts(name));
    const added = this.index.addNames(accepted);
    this.onFound(added, added.length === accepted.length);
  }

  async #visitLink(name: string): Promise<void> {
    if (!this.index.has(name) && !(await this.#look(name))) this.#noteDangling(name);
  }

  #noteDangling(name: string): void {
    if (this.#danglingLinks.size < DANGLING_MAX) this.#danglingLinks.add(name);
  }

  /** Takes the name into the catalogue, or notices that it changed. False if no served file has it. */
  async #look(name: string): Promise<boolean> {
    const stats = await this.root.look(name);
    if (stats === null) return false;
    const identity = identityOf(stats);
    const record = this.index.get(name);
    if (record === undefined) this.index.put(name, notHashed(identity));
    if (record === undefined || record.md5 === null || !sameIdentity(record.identity, identity)) {
      this.onStale(name);
    }
    return true;
  }

  #noteChange(folder: string, name: string | null, isNew: boolean): void {
    if (name === null || this.#changed.size >= CHANGED_MAX) this.#overflown = true;
    else if (!isHidden(name)) this.#changed.set(name, isNew || this.#changed.get(name) === true);
    if (folder !== '' && name === null) this.#changed.set(folder, true);
    this.#flushTimer ??= setTimeout(() => this.#flush(), FLUSH_DELAY_MS).unref();
  }

  #flush(): void {
    if (this.#flushTimer) clearTimeout(this.#flushTimer);
    this.#flushTimer = null;
    const changed = this.#changed;
    this.#changed = new Map();
    if (changed.size === 0 && !this.#overflown) return;
    const isOverflown = this.#overflown;
    this.#overflown = false;
    // One that failed was told to the listings that waited for it, and does not stand in the way of the next.
    this.#flushing = this.#flushing
      .catch(() => {})
      .then(() => (isOverflown ? this.refresh() : this.#lookAtAll(changed)));
    this.#flushing.catch(() => {});
  }

  async #lookAtAll(changed: Map<string, boolean>): Promise<void> {
    for (const [name, isNew] of changed) await this.#lookAgain(name, isNew);
    for (const name of this.#danglingLinks) {
      if (await this.#lookAgain(name, false)) this.#danglingLinks.delete(name);
    }
  }

  /** False for a link, or nothing at all, that leads to nothing served. */
  async #lookAgain(name: string, isNew: boolean): Promise<boolean> {
    if (this.#closed) return true;
    // The watch sits on the folder that had the name before, not on the name.
    if (isNew && this.#watch.has(name)) this.#watch.remove(name);
    if (await this.#look(name)) return true;
    if ((await this.root.hasFolder(name)) && (await isWalked(this.root.path, name))) {
      if (!this.#watch.has(name)) await this.#walkBelow(name);
      return true;
    }
    if (this.#watch.has(name)) this.#watch.remove(name);
    const isLink = await this.root.isLink(name);
    if (isLink) this.#noteDangling(name);
    return !isLink;
  }
}

function isBefore(a: string, b: string): boolean {
  return Buffer.compare(Buffer.from(a), Buffer.from(b)) < 0;
}

function isHidden(name: string): boolean {
  return name.startsWith('.') || name.includes('/.');
}

async function changedSince(path: string, timeMs: number): Promise<boolean> {
  try {
    return (await stat(path)).mtimeMs >= timeMs;
  } catch {
    return false;
  }
}
