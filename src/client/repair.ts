import { createBlake3 } from '../digest/index.js';
import type { Assembly } from './assembly.js';
import type { Range } from './chunk-map.js';
import type { Connection } from './connection.js';
import { type Damage, damageOf, describeDamage, looksLikeZeros } from './damage.js';
import { requestRange } from './request-file.js';

/** A bad chunk is fetched again so many times. */
export const REFETCHES = 3;
/** So many chunks that stay bad, and no more are tried: it is not chance. */
const HOPELESS_MAX = 8;

/** A chunk that was fetched again and is right now. `start` and `end` in bytes of the file, of what was wrong. */
export interface Repair extends Range {
  /** In words. */
  damage: string;
}

/** Mends the bad chunks of one download, over as many connections as that takes. */
export class RepairShop {
  readonly #tries = new Map<number, number>();
  /** Damage in words, by chunk. */
  readonly #hopeless = new Map<number, { range: Range; damage: string }>();

  constructor(
    private readonly name: string,
    private readonly onRepair: (repair: Repair) => void,
  ) {}

  /** What cannot be mended, in words; null if there is nothing. */
  get verdict(): string | null {
    if (this.#hopeless.size === 0) return null;
    const ranges = [...this.#hopeless.values()].map(
      ({ range, damage }) => `${range.start}-${range.end - 1} (${damage})`,
    );
    const more = this.#hopeless.size === HOPELESS_MAX ? ', and perhaps more' : '';
    return `bytes ${ranges.join(', ')}${more} stay wrong, fetched ${REFETCHES + 1} times`;
  }

  /**
   * Fetches bad chunks again, and only those, until all are right or enough are hopeless; false then.
   * @throws SealiftError as {@link requestRange}
   */
  async mendAll(
    assembly: Assembly,
    connection: Connection,
    file: { size: number; md5: string },
  ): Promise<boolean> {
    const { map } = assembly;
    for (let index = map.nextBad(); index !== null; index = map.nextBad(index + 1)) {
      if (!(await this.#mend(assembly, index, connection, file))) {
        if (this.#hopeless.size === HOPELESS_MAX) return false;
      }
    }
    return this.#hopeless.size === 0;
  }

  async #mend(
    assembly: Assembly,
    index: number,
    connection: Connection,
    file: { size: number; md5: string },
  ): Promise<boolean> {
    // From an earlier connection.
    if (this.#hopeless.has(index)) return false;
    const range = assembly.map.range(index);
    const before = await assembly.chunk(index);
    const hash = await createBlake3();
    let damage: Damage | null = null;
    for (let tries = this.#tries.get(index) ?? 0; tries < REFETCHES; tries++) {
      const { length } = await requestRange(connection, this.name, range, file);
      const bytes = await connection.wholeBody(length);
      this.#tries.set(index, tries + 1);
      hash.update(bytes);
      const digest = hash.bytes();
      hash.reset();
      const difference = damageOf(before, bytes);
      if (assembly.map.isRight(index, digest)) {
        await assembly.mend(index, bytes, digest);
        this.onRepair(repairOf(range, difference));
        return true;
      }
      damage ??= difference;
    }
    this.#hopeless.set(index, { range, damage: wordsFor(damage, before) });
    return false;
  }
}

export function repairOf({ start }: Range, damage: Damage | null): Repair {
  if (damage === null) return { start, end: start, damage: 'no difference' };
  return { start: start + damage.start, end: start + damage.end, damage: describeDamage(damage) };
}

/** Of a chunk whose right bytes never came: how the tries differ from each other, or what they have in common. */
function wordsFor(difference: Damage | null, bytes: Buffer): string {
  if (looksLikeZeros(bytes)) return 'zeros';
  if (difference === null) return 'other data, the same each time';
  return `${describeDamage(difference)}, not the same each time`;
}
