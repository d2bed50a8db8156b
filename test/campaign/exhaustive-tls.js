import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { connect, serve } from '#sealift/index.js';
import { startProxy } from '../fault/proxy.js';
import { toxic } from '../fault/toxics/toxic.js';
import { flipBits, limitData, only, resetPeer } from '../fault/toxics.js';
import { placeInRecords } from './exhaustive-records.js';
import { judgeError, judgeFolder } from './network-judge.js';
import { linkTo, newCertificate } from './over-tls.js';
import { putSample, sampleBytes, sha256 } from './sample-bytes.js';
import { quickFolder, scratchFolder } from './scratch-folder.js';
import { SeededRandom } from './seeded-random.js';

/**
 * @typedef {import('../fault/toxics/toxic.js').Direction} Direction
 *
 * @typedef {object} TlsCase
 * @property {Direction} side
 * @property {'flip' | 'end' | 'reset'} kind
 * @property {number} at offset in what goes that way over a connection
 * @property {number} [bit]
 * @property {boolean} [isAlways] on each connection, not on the first one only
 */

const NAME = 'a.bin';
/** Small: what is around it counts as well. */
const SIZE = 512;
const LANES = 24;
const SIDES = /** @type {const} */ (['upstream', 'downstream']);
/** What does not come is given up soon; for who has met damage once there is a way to the end, however busy the machine is. */
const PATIENCE = { once: { timeout: 400, retries: 8 }, always: { timeout: 250, retries: 0 } };

/**
 * The campaign over TLS: each case, or some that the seed picks.
 * @param {import('./campaign.js').CampaignOptions} options
 */
export async function overTls({ runs, seed, log }) {
  const exchange = new TlsExchange();
  try {
    await exchange.start();
    const all = await exchange.cases();
    const random = new SeededRandom(seed);
    const cases = runs >= all.length ? all : Array.from({ length: runs }, () => random.pick(all));
    let next = 0;
    const lane = async () => {
      for (let at = next++; at < cases.length; at = next++) {
        await exchange.one(/** @type {TlsCase} */ (cases[at]));
        if ((at + 1) % 5_000 === 0) log(`${at + 1} of ${cases.length}, ${exchange.failures.length} failures`);
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    await exchange.checkAlive();
    return { figures: exchange.figures(), failures: exchange.failures };
  } finally {
    await exchange.close();
  }
}

/** A file of half a KiB over TLS, with what is on the wire damaged: an exchange after the other, or many at once. */
class TlsExchange {
  /** @type {string[]} */
  failures = [];
  #scratch = scratchFolder(quickFolder());
  #content = sampleBytes(SIZE, 'exhaustive, over TLS');
  #certificate = newCertificate();
  /** @type {Awaited<ReturnType<typeof serve>> | undefined} */
  #server;
  #counts = {
    runs: 0,
    'bits to the client': 0,
    'bits to the server': 0,
    cuts: 0,
    'wrong files accepted': 0,
    'unfinished files under a final name': 0,
    'right after a retry': 0,
    'right in spite of damage': 0,
    'failed cleanly': 0,
    'behind the end': 0,
  };
  /** @type {Map<string, number>} */
  #harmless = new Map();

  async start() {
    const folder = join(this.#scratch.path, 'storage');
    mkdirSync(folder);
    putSample(folder, NAME, this.#content);
    const limits = { maxConnections: 10_000 };
    this.#server = await serve(folder, { port: 0, limits, tls: this.#certificate });
    const client = await connect(this.#server.url);
    await client.stat(NAME);
    client.close();
  }

  /** Each bit and each cut of one connection; signatures, and with them connections, differ in length by a byte or two. */
  async cases() {
    const proxy = await startProxy(this.#port);
    await this.#fetch(proxy.url, this.#scratch.newFolder(), { timeout: 20_000, retries: 0 });
    const [record] = proxy.connections;
    proxy.close();
    /** @type {TlsCase[]} */
    const cases = [];
    for (const side of SIDES) {
      const length = record?.[side].received ?? 0;
      for (let at = 0; at < length; at++) {
        for (let bit = 0; bit < 8; bit++) cases.push({ side, kind: 'flip', at, bit });
        cases.push({ side, kind: 'flip', at, bit: (at * 5) % 8, isAlways: true });
        cases.push({ side, kind: 'end', at }, { side, kind: 'reset', at });
      }
    }
    return cases;
  }

  /** @param {TlsCase} damage */
  async one(damage) {
    const { side, kind, at, bit = 0, isAlways = false } = damage;
    /** @type {Buffer[]} */
    const passed = [];
    const connections = isAlways ? () => true : only(1);
    const where = { direction: side, connections };
    const toxics = {
      flip: flipBits({ at, bit, ...where }),
      end: limitData({ after: at, ...where }),
      reset: resetPeer({ after: at, ...where }),
    };
    const proxy = await startProxy(this.#port, [tap(side, passed), toxics[kind]]);
    const dir = this.#scratch.newFolder();
    /** @type {unknown} */
    let error = null;
    try {
      await this.#fetch(proxy.url, dir, isAlways ? PATIENCE.always : PATIENCE.once);
    } catch (cause) {
      error = cause;
    }
    const place = placeInRecords(Buffer.concat(passed), at);
    const wrong = this.#judge(damage, { error, dir, place, proxy });
    const says = `${side}, ${kind} at ${at}${kind === 'flip' ? ` bit ${bit}` : ''}${isAlways ? ' always' : ''}, ${place}`;
    for (const why of wrong) this.failures.push(`${says}: ${why}`);
    proxy.close();
    this.#scratch.remove(dir);
  }

  /**
   * What is wrong with what came of it.
   * @param {TlsCase} damage
   * @param {{ error: unknown, dir: string, place: string, proxy: import('../fault/proxy.js').Proxy }} outcome
   */
  #judge({ kind, side, isAlways }, { error, dir, place, proxy }) {
    const counts = this.#counts;
    counts.runs++;
    if (kind !== 'flip') counts.cuts++;
    else counts[side === 'upstream' ? 'bits to the server' : 'bits to the client']++;
    const served = { name: NAME, size: SIZE, bytes: this.#content, sha256: sha256(this.#content), md5: '' };
    const { wrong, isWrongFile, isUnfinished } = judgeFolder(served, dir, { error, before: null });
    if (isWrongFile) counts['wrong files accepted']++;
    if (isUnfinished) counts['unfinished files under a final name']++;
    if (error !== null) {
      wrong.push(...judgeError(error));
      if (!isAlways) wrong.push(`no retry mended it: ${error}`);
      if (wrong.length === 0) counts['failed cleanly']++;
      return wrong;
    }
    if (isWrongFile) return wrong;
    if (proxy.hits.length === 0) counts['behind the end']++;
    else if (proxy.connections.length > 1) counts['right after a retry']++;
    else {
      counts['right in spite of damage']++;
      const what = `accepted, ${kind === 'flip' ? 'flipped' : 'cut'} ${side} in ${place}`;
      this.#harmless.set(what, (this.#harmless.get(what) ?? 0) + 1);
      if (kind === 'flip' && place === 'ciphertext') wrong.push('it was accepted');
    }
    return wrong;
  }

  /**
   * @param {string} url
   * @param {string} dir
   * @param {{ timeout: number, retries: number }} patience
   */
  async #fetch(url, dir, patience) {
    const client = await connect(linkTo(url, this.#certificate), { ...patience, retryDelay: 1 });
    await client.fetch(NAME, { dir, fsync: false }).finally(() => client.close());
  }

  /** The server still serves. */
  async checkAlive() {
    await this.#fetch(`sealift://127.0.0.1:${this.#port}`, this.#scratch.newFolder(), {
      timeout: 20_000,
      retries: 0,
    });
  }

  figures() {
    return { ...this.#counts, ...Object.fromEntries([...this.#harmless].sort(([, a], [, b]) => b - a)) };
  }

  async close() {
    this.#server?.abort();
    await this.#server?.close();
    this.#scratch.remove();
  }

  get #port() {
    return this.#server?.port ?? 0;
  }
}

/**
 * Keeps what passes on the first connection.
 * @param {Direction} direction
 * @param {Buffer[]} passed
 */
function tap(direction, passed) {
  return toxic('tap', { direction, connections: only(1) }, async function* (pieces) {
    for await (const piece of pieces) {
      passed.push(Buffer.from(piece));
      yield piece;
    }
  });
}
