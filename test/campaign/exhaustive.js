import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { connect, serve } from '#sealift/index.js';
import { startProxy } from '../fault/proxy.js';
import { flipBits, limitData, resetPeer } from '../fault/toxics.js';
import { placeOf } from './exhaustive-fields.js';
import { startReplay } from './exhaustive-replay.js';
import { sendDamaged } from './exhaustive-request.js';
import { overTls } from './exhaustive-tls.js';
import { hasOtherTime, judgeError, judgeFolder } from './network-judge.js';
import { putSample, sampleBytes, sha256 } from './sample-bytes.js';
import { quickFolder, scratchFolder } from './scratch-folder.js';
import { SeededRandom } from './seeded-random.js';

/**
 * @typedef {import('./exhaustive-replay.js').Damage} Damage
 *
 * `reply`: the client gets a damaged reply; `request`: the server gets a damaged request, from nobody in particular;
 * `asked`: from a client, which is judged by what it makes of the answer.
 * @typedef {{ side: 'reply' | 'request' | 'asked' } & Damage} Case
 */

const NAME = 'a.bin';
const SIZE = 4_096;
/** Names that one flipped bit makes of it are served too. */
const NEIGHBOURS = ['c.bin', 'e.bin', 'i.bin', 'q.bin', 'A.bin', 'a.bhn', 'a*bin'];
const LANES = 24;
/** Nothing that is on its way on this machine takes as long; what does not come is given up soon. */
const PATIENCE = { timeout: 250, retries: 0, retryDelay: 1 };
const HEADER_TIMEOUT_MS = 2_000;

/** @type {import('./campaign.js').Campaign} */
export const campaign = {
  describe: 'a small file, with every bit of request and reply flipped, and cut at every byte',
  // More than there are cases: each of them once.
  fullRuns: 100_000,
  hasTls: true,
  run: async (options) => {
    if (options.tls) return overTls(options);
    const { runs, seed, log } = options;
    const exchange = new Exchange();
    try {
      await exchange.start();
      const cases = some(exchange.cases(), runs, new SeededRandom(seed));
      let next = 0;
      const lane = async (/** @type {number} */ number) => {
        const work = await exchange.openLane(number);
        for (let at = next++; at < cases.length; at = next++) {
          await work.one(/** @type {Case} */ (cases[at]));
          if ((at + 1) % 5_000 === 0)
            log(`${at + 1} of ${cases.length}, ${exchange.failures.length} failures`);
        }
        work.close();
      };
      await Promise.all(Array.from({ length: LANES }, (_, number) => lane(number)));
      await exchange.checkAlive();
      return { figures: exchange.figures(), failures: exchange.failures };
    } finally {
      await exchange.close();
    }
  },
};

/**
 * As many of all sides: there are far more bits in a reply than in a request.
 * @param {Case[]} cases
 * @param {number} count
 * @param {SeededRandom} random
 */
function some(cases, count, random) {
  if (count >= cases.length) return cases;
  const sides = ['reply', 'request', 'asked'].map((side) => cases.filter((one) => one.side === side));
  return Array.from({ length: count }, () => random.pick(random.pick(sides)));
}

class Exchange {
  /** @type {string[]} */
  failures = [];
  #scratch = scratchFolder(quickFolder());
  #folder = join(this.#scratch.path, 'storage');
  /** @type {Map<string, Buffer>} */
  #served = new Map();
  /** @type {Map<string, Buffer>} */
  #recorded = new Map();
  #request = Buffer.alloc(0);
  #reply = Buffer.alloc(0);
  /** @type {Awaited<ReturnType<typeof serve>> | undefined} */
  #server;
  #counts = {
    runs: 0,
    'bits of replies': 0,
    'cuts of replies': 0,
    'bits of requests': 0,
    'cuts of requests': 0,
    'wrong files accepted': 0,
    'unfinished files under a final name': 0,
    'failed cleanly': 0,
    'right in spite of damage': 0,
    'refused by the server': 0,
    'closed by the server': 0,
    'served by the server': 0,
    'other mtime': 0,
  };
  /** @type {Map<string, number>} */
  #accepted = new Map();

  async start() {
    mkdirSync(this.#folder);
    for (const name of [NAME, ...NEIGHBOURS]) {
      const bytes = sampleBytes(SIZE, `exhaustive, ${name}`);
      putSample(this.#folder, name, bytes);
      this.#served.set(name, bytes);
    }
    const limits = { maxConnections: 10_000, headerTimeout: HEADER_TIMEOUT_MS };
    this.#server = await serve(this.#folder, { port: 0, limits });
    const client = await connect(this.#server.url);
    for (const name of this.#served.keys()) await client.stat(name);
    client.close();
    await this.#recordExchange();
  }

  /** What the client asks for such a file, and what the server answers, as it is on the wire. */
  async #recordExchange() {
    const replay = await startReplay(this.#port, this.#recorded);
    const dir = this.#scratch.newFolder();
    const client = await connect(replay.url);
    await client.fetch(NAME, { dir, fsync: false });
    client.close();
    replay.close();
    const gets = [...this.#recorded].filter(([request]) => request.includes('"op":"get"'));
    if (gets.length !== 1) throw new Error(`${gets.length} requests for one file`);
    const [[request, reply]] = /** @type {[[string, Buffer]]} */ (gets);
    this.#request = Buffer.from(request, 'latin1');
    this.#reply = reply;
  }

  /** @returns {Case[]} */
  cases() {
    const bits = (/** @type {Case['side']} */ side, /** @type {Buffer} */ { length }) =>
      Array.from({ length: length * 8 }, (_, k) => {
        return /** @type {Case} */ ({ side, kind: 'flip', at: k >> 3, bit: k & 7 });
      });
    const cuts = (/** @type {Case['side']} */ side, /** @type {Buffer} */ { length }) =>
      Array.from({ length: length * 2 }, (_, k) => {
        return /** @type {Case} */ ({ side, kind: k & 1 ? 'end' : 'reset', at: k >> 1 });
      });
    // In the first copy only, too: of each byte one bit.
    const once = bits('reply', this.#reply).filter(({ at, bit }) => bit === (at * 5) % 8);
    return [
      ...bits('reply', this.#reply),
      ...once.map((flip) => ({ ...flip, isOnce: true })),
      ...cuts('reply', this.#reply),
      ...bits('request', this.#request),
      ...cuts('request', this.#request),
      ...bits('asked', this.#request),
      ...cuts('asked', this.#request),
    ];
  }

  /** @param {number} number */
  async openLane(number) {
    const replay = await startReplay(this.#port, this.#recorded);
    const dir = join(this.#scratch.path, `lane-${number}`);
    const one = async (/** @type {Case} */ damage) => {
      this.#counts.runs++;
      const { side, kind } = damage;
      const counted = `${kind === 'flip' ? 'bits' : 'cuts'} of ${side === 'reply' ? 'replies' : 'requests'}`;
      this.#counts[/** @type {keyof typeof this.#counts} */ (counted)]++;
      if (side === 'request') return this.#toServer(damage);
      if (side === 'asked') return this.#asked(damage, dir);
      replay.setDamage(damage);
      await this.#toClient(damage, replay.url, dir);
    };
    return { one, close: replay.close };
  }

  /**
   * @param {Case} damage
   * @param {string} url
   * @param {string} dir
   */
  async #toClient(damage, url, dir) {
    mkdirSync(dir);
    /** @type {unknown} */
    let error = null;
    try {
      const client = await connect(url, PATIENCE);
      await client.fetch(NAME, { dir, fsync: false }).finally(() => client.close());
    } catch (cause) {
      error = cause;
    }
    const content = /** @type {Buffer} */ (this.#served.get(NAME));
    const served = { name: NAME, size: SIZE, bytes: content, sha256: sha256(content), md5: '' };
    const { wrong, isWrongFile, isUnfinished } = judgeFolder(served, dir, { error, before: null });
    if (error !== null) wrong.push(...judgeError(error));
    if (isWrongFile) this.#counts['wrong files accepted']++;
    if (isUnfinished) this.#counts['unfinished files under a final name']++;
    if (error !== null && wrong.length === 0) this.#counts['failed cleanly']++;
    if (error === null && !isWrongFile) this.#countAccepted(damage, dir);
    const isInBody = damage.side === 'reply' && placeOf(this.#reply, damage.at) === 'body';
    const isCut = damage.kind !== 'flip' && error === null;
    if (isCut || (isInBody && error === null && !damage.isOnce)) wrong.push('it was accepted');
    this.#fail(damage, wrong);
    rmSync(dir, { recursive: true });
  }

  /**
   * @param {Case} damage
   * @param {string} dir
   */
  #countAccepted({ side, at, isOnce }, dir) {
    this.#counts['right in spite of damage']++;
    if (hasOtherTime(join(dir, NAME), join(this.#folder, NAME))) this.#counts['other mtime']++;
    const place = placeOf(side === 'reply' ? this.#reply : this.#request, at);
    const what = `accepted, flipped in the ${side === 'reply' ? "reply's" : "request's"} ${place}${isOnce ? ' once' : ''}`;
    this.#accepted.set(what, (this.#accepted.get(what) ?? 0) + 1);
  }

  /** @param {Case} damage */
  async #toServer(damage) {
    const { kind, at, bit = 0 } = damage;
    const bytes = Buffer.from(kind === 'flip' ? this.#request : this.#request.subarray(0, at));
    if (kind === 'flip') bytes[at] = Number(bytes[at]) ^ (1 << bit);
    const { answer, wrong } = await sendDamaged(
      this.#port,
      bytes,
      kind === 'reset' ? 'reset' : 'end',
      this.#served,
    );
    this.#counts[`${answer} by the server`]++;
    if (kind !== 'flip' && answer === 'served') wrong.push('a cut request was served');
    this.#fail(damage, wrong);
  }

  /**
   * @param {Case} damage
   * @param {string} dir
   */
  async #asked(damage, dir) {
    const { kind, at, bit = 0 } = damage;
    const toxics = { flip: flipBits({ at, bit, direction: 'upstream' }), ...cutsAt(at) };
    const proxy = await startProxy(this.#port, [toxics[kind]]);
    await this.#toClient(damage, proxy.url, dir);
    if (proxy.hits.length === 0) this.#fail(damage, ['nothing was damaged']);
    proxy.close();
  }

  /** The server still serves. */
  async checkAlive() {
    const client = await connect(`127.0.0.1:${this.#port}`);
    const dir = this.#scratch.newFolder();
    for (const name of this.#served.keys()) await client.fetch(name, { dir, fsync: false });
    client.close();
  }

  /**
   * @param {Case} damage
   * @param {string[]} wrong
   */
  #fail({ side, kind, at, bit, isOnce }, wrong) {
    const where = `${side}, ${kind} at ${at}${bit === undefined ? '' : ` bit ${bit}`}${isOnce ? ' once' : ''}`;
    for (const why of wrong) this.failures.push(`${where}: ${why}`);
  }

  figures() {
    return { ...this.#counts, ...Object.fromEntries([...this.#accepted].sort(([, a], [, b]) => b - a)) };
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

/** @param {number} after */
function cutsAt(after) {
  const where = { after, direction: /** @type {const} */ ('upstream') };
  return { end: limitData(where), reset: resetPeer(where) };
}
