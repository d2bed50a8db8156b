import { isIPv6 } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { abortedError, SealiftError } from '../../errors/index.js';

/** Addresses that are remembered: an attacker has many. */
const ADDRESSES_MAX = 10_000;
/** Who has to wait longer is told so instead, before clients give up (after 30 s, unless said otherwise); in milliseconds. */
const PATIENCE_MS = 20_000;
/** Attempts of one address that wait at a time. */
const WAITING_MAX = 64;

export interface PenaltyOptions {
  /** That the first wrong token costs, in milliseconds; doubled with each. */
  wrongTokenDelay: number;
  wrongTokenDelayMax: number;
}

interface Culprit {
  failures: number;
  /** When the next attempt is looked at, in milliseconds of {@link performance}. */
  freeAt: number;
  waiting: number;
}

/** Makes guessing slow: whoever was wrong waits, and all of the same address with them. */
export class Penalties {
  readonly #culprits = new Map<string, Culprit>();

  constructor(private readonly options: PenaltyOptions) {}

  /**
   * True if `isRight`, which is asked when this address may try again.
   * @throws SealiftError UNAUTHORIZED where that is too far away; ABORTED
   */
  async attempt(address: string, isRight: () => boolean, signal?: AbortSignal): Promise<boolean> {
    const key = neighbourhoodOf(address);
    const giveUpAt = performance.now() + PATIENCE_MS;
    // Rule: nothing else happens between the look at whose turn it is and the look at the token.
    for (let culprit = this.#mustWait(key); culprit; culprit = this.#mustWait(key)) {
      await this.#wait(culprit, giveUpAt, signal);
    }
    const isAllowed = isRight();
    if (isAllowed) this.#culprits.delete(key);
    else this.#punish(key);
    return isAllowed;
  }

  #mustWait(key: string): Culprit | null {
    const culprit = this.#culprits.get(key);
    return culprit === undefined || culprit.freeAt <= performance.now() ? null : culprit;
  }

  async #wait(culprit: Culprit, giveUpAt: number, signal: AbortSignal | undefined): Promise<void> {
    const { freeAt, waiting } = culprit;
    const milliseconds = freeAt - performance.now();
    if (freeAt > giveUpAt || waiting >= WAITING_MAX) {
      const seconds = Math.ceil(milliseconds / 1_000);
      throw new SealiftError(
        'UNAUTHORIZED',
        `too many wrong tokens from your address; try again in ${seconds} s`,
        { retryAfter: seconds },
      );
    }
    culprit.waiting++;
    try {
      await sleep(milliseconds, undefined, signal ? { signal } : {});
    } catch {
      throw abortedError(signal);
    } finally {
      culprit.waiting--;
    }
  }

  #punish(key: string): void {
    const culprit = this.#culprits.get(key) ?? { failures: 0, freeAt: 0, waiting: 0 };
    const { wrongTokenDelay, wrongTokenDelayMax } = this.options;
    const delay = Math.min(wrongTokenDelayMax, wrongTokenDelay * 2 ** Math.min(culprit.failures++, 32));
    culprit.freeAt = performance.now() + delay;
    // Last wrong, last in line to be forgotten.
    this.#culprits.delete(key);
    this.#culprits.set(key, culprit);
    const [oldest] = this.#culprits.keys();
    if (this.#culprits.size > ADDRESSES_MAX && oldest !== undefined) this.#culprits.delete(oldest);
  }
}

/** What one household has: an IPv4 address, or the 64 first bits of an IPv6 address (RFC 6177). */
function neighbourhoodOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  if (!isIPv6(plain)) return plain;
  const [head = '', tail] = plain.split('::');
  const before = head === '' ? [] : head.split(':');
  const behind = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array<string>(Math.max(0, 8 - before.length - behind.length)).fill('0');
  return [...before, ...zeros, ...behind].slice(0, 4).join(':');
}
