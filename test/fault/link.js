import { setTimeout as sleep } from 'node:timers/promises';
import { resetSocket } from '#sealift/server/reset-socket.js';
import { SeededRandom } from '../campaign/seeded-random.js';
import { piecesOf } from './pieces.js';

/**
 * @typedef {import('node:net').Socket} Socket
 * @typedef {import('./toxics/toxic.js').Direction} Direction
 * @typedef {import('./toxics/toxic.js').Line} Line
 * @typedef {import('./toxics/toxic.js').Toxic} Toxic
 *
 * Something that a toxic did: `at` is the offset in what it was given of its direction.
 * @typedef {{ kind: string, direction: Direction, connection: number, at: number }} Hit
 *
 * One connection through the proxy: bytes that came in and went out each way, and what was done to them.
 * @typedef {object} LinkRecord
 * @property {number} number from 1
 * @property {{ received: number, sent: number }} upstream
 * @property {{ received: number, sent: number }} downstream
 * @property {Hit[]} hits
 */

/** A connection of a client to the proxy and the one that the proxy made for it to the server. */
export class Link {
  /** @type {LinkRecord} */
  record;
  /** @type {Record<Direction, boolean>} */
  #isSilent = { upstream: false, downstream: false };
  #isClosed = false;
  #gone = new AbortController();

  /**
   * @param {{ client: Socket, server: Socket }} sockets
   * @param {{ number: number, toxics: Toxic[], seed: number, onHit: (hit: Hit) => void, onGone: () => void }} options
   */
  constructor({ client, server }, { number, toxics, seed, onHit, onGone }) {
    this.client = client;
    this.server = server;
    this.toxics = toxics;
    this.seed = seed;
    this.onHit = onHit;
    this.record = {
      number,
      upstream: { received: 0, sent: 0 },
      downstream: { received: 0, sent: 0 },
      hits: [],
    };
    let open = 2;
    this.#gone.signal.addEventListener('abort', onGone, { once: true });
    for (const socket of [client, server]) {
      socket.on('error', () => {});
      socket.on('close', () => {
        if (--open === 0) this.#gone.abort();
      });
    }
  }

  /** To be called when both are connected. */
  start() {
    void this.#carry('upstream', this.client, this.server);
    void this.#carry('downstream', this.server, this.client);
  }

  destroy() {
    this.client.destroy();
    this.server.destroy();
    this.#gone.abort();
  }

  /** Both sides get a reset; what a kernel has not sent yet is lost. */
  reset() {
    resetSocket(this.client);
    resetSocket(this.server);
    this.#gone.abort();
  }

  /**
   * Never fails: what breaks one side breaks the other.
   * @param {Direction} direction
   * @param {Socket} from
   * @param {Socket} to
   */
  async #carry(direction, from, to) {
    const count = this.record[direction];
    let isLimited = false;
    /** @type {AsyncIterable<Buffer>} */
    let pieces = counted(piecesOf(from), count);
    for (const [index, toxic] of this.toxics.entries()) {
      if (toxic.direction !== direction || !toxic.connections(this.record.number)) continue;
      const closeAfter = () => (isLimited = true);
      pieces = toxic.apply(pieces, { ...this.#line(toxic, index), closeAfter });
    }
    try {
      for await (const piece of pieces) {
        if (this.#isClosed || this.#isSilent[direction]) continue;
        await write(to, piece);
        count.sent += piece.length;
      }
      if (this.#isSilent[direction]) return;
      to.end();
      if (isLimited) {
        this.#isClosed = true;
        from.end();
        from.resume();
      }
    } catch {
      if (!this.#isClosed) this.reset();
    }
  }

  /**
   * @param {Toxic} toxic
   * @param {number} index
   * @returns {Omit<Line, 'closeAfter'>}
   */
  #line({ kind, direction }, index) {
    const { number, hits } = this.record;
    const { signal } = this.#gone;
    return {
      // Its own, so that what it does to a connection does not depend on what happens elsewhere.
      random: new SeededRandom(this.seed + number * 1_000 + index).fork(),
      hit: (at) => {
        const hit = { kind, direction, connection: number, at };
        hits.push(hit);
        this.onHit(hit);
      },
      sleep: (milliseconds) => sleep(Math.max(0, milliseconds), undefined, { signal }),
      gone: new Promise((resolve) => {
        if (signal.aborted) resolve();
        else signal.addEventListener('abort', () => resolve(), { once: true });
      }),
      silenceOther: () => {
        this.#isSilent[direction === 'upstream' ? 'downstream' : 'upstream'] = true;
      },
    };
  }
}

/**
 * @param {AsyncIterable<Buffer>} pieces
 * @param {{ received: number }} count
 */
async function* counted(pieces, count) {
  for await (const piece of pieces) {
    count.received += piece.length;
    yield piece;
  }
}

/**
 * Resolves when the kernel has the bytes: what follows is sent by itself.
 * @param {Socket} socket
 * @param {Buffer} piece
 * @returns {Promise<void>}
 */
function write(socket, piece) {
  return new Promise((resolve, reject) => {
    socket.write(piece, (error) => (error ? reject(error) : resolve()));
  });
}
