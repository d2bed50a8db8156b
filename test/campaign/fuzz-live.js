import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { cut, fuzzInput } from './fuzz-inputs.js';
import { clientHello, tlsNuisance } from './fuzz-tls.js';
import { certificateFiles, newCertificate } from './over-tls.js';
import { SeededRandom } from './seeded-random.js';
import { ServedProcess } from './served-process.js';

/** Garbage connections at once. */
const AT_ONCE = 24;
/** Short, so that a frame that is never finished is seen to end. */
const DEADLINES = ['--header-timeout', '100ms', '--body-timeout', '100ms'];
const ANSWER_MS = 10_000;
/** Never answered at all: told as that, instead of waiting for ever. */
const GIVE_UP_MS = 20_000;
/** Connections before the first look at the server's memory: code is compiled, and pools are filled, by then. */
const WARM_UP = 3_000;
const GROWTH_MAX = 20 << 20;
const PING = Buffer.from('\0\0\0\x1e{"op":"ping","payload":"ahoy"}', 'latin1');
const PONG = Buffer.from('\0\0\0\x1c{"ok":true,"payload":"ahoy"}', 'latin1');

/**
 * Connections of garbage against a real server, while a healthy connection beside them is answered all along.
 * @param {{ connections: number, seed: number, tls: boolean, log: (line: string) => void }} options
 */
export async function fuzzLive({ connections, seed, tls, log }) {
  const folder = mkdtempSync(join(tmpdir(), 'sealift-fuzz-'));
  mkdirSync(join(folder, 'folder'));
  writeFileSync(join(folder, 'a'), 'hello');
  writeFileSync(join(folder, 'folder', 'b'), Buffer.alloc(100_000, 'b'));
  // Old enough for its digest to be remembered, so that the hashing worker is there from the beginning.
  for (const name of ['a', 'folder/b']) utimesSync(join(folder, name), 1e9, 1e9);
  // Outside of what is served: a folder's own files are part of what it answers.
  const keys = mkdtempSync(join(tmpdir(), 'sealift-fuzz-'));
  const certificate = certificateFiles(keys, tls ? newCertificate() : null);
  const server = await ServedProcess.start(folder, [...DEADLINES, ...certificate]);
  try {
    return await attack(server, { connections, seed, tls, log });
  } finally {
    await server.kill();
    for (const made of [folder, keys]) rmSync(made, { recursive: true, force: true });
  }
}

/**
 * @param {ServedProcess} server
 * @param {{ connections: number, seed: number, tls: boolean, log: (line: string) => void }} options
 */
async function attack(server, { connections, seed, tls, log }) {
  /** @type {string[]} */
  const failures = [];
  const tally = { slowest: 0, pings: 0, slowestPing: 0 };
  const healthy = new Healthy(server.port, tls);
  const hello = tls ? await clientHello() : null;
  // Its first frame has a deadline too.
  await healthy.ping();
  const pinging = healthy
    .run(tally)
    .catch((error) => void failures.push(`seed ${seed}: healthy connection: ${error}`));

  let next = 0;
  /** @param {number} end */
  const until = async (end) => {
    const worker = async () => {
      while (next < end && server.isRunning) {
        const nth = next++;
        if (nth % 2_000 === 0) log(`fuzz: ${nth} connections`);
        const random = new SeededRandom(seed + Math.imul(nth, 0x9e3779b9));
        const nuisance =
          hello === null ? plainNuisance(server.port, random) : tlsNuisance(server.port, random, hello);
        const took = await garbageConnection(nuisance, random);
        tally.slowest = Math.max(tally.slowest, took);
        if (took > ANSWER_MS)
          failures.push(`connection ${nth} of seed ${seed}: answered after ${took.toFixed(0)} ms`);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  };
  await until(WARM_UP);
  const memoryBefore = await server.residentBytes();
  const descriptorsBefore = await server.fewestDescriptors();
  await until(WARM_UP + connections);
  await server.descriptorsBackTo(descriptorsBefore, 5_000);
  const [growth, descriptors] = [(await server.residentBytes()) - memoryBefore, server.descriptors];
  const peak = server.peakBytes;

  healthy.stop();
  await pinging;
  if (tally.slowestPing > ANSWER_MS)
    failures.push(`seed ${seed}: a ping took ${tally.slowestPing.toFixed(0)} ms`);
  if (growth > GROWTH_MAX) failures.push(`seed ${seed}: the server grew by ${growth} bytes`);
  if (descriptors > descriptorsBefore) {
    failures.push(`seed ${seed}: ${descriptorsBefore} descriptors before, ${descriptors} after`);
  }
  const wasRunning = server.isRunning;
  const end = await server.stop();
  if (!wasRunning || end.code !== 0 || /bug in Sealift/.test(server.log)) {
    failures.push(
      `seed ${seed}: the server ended with ${end.signal ?? end.code}: ${server.log.slice(-1_000)}`,
    );
  }
  return {
    figures: {
      connections: next,
      crashes: wasRunning && end.code === 0 ? 0 : 1,
      'slowest answer ms': Math.round(tally.slowest),
      pings: tally.pings,
      'slowest ping ms': Math.round(tally.slowestPing),
      'server growth KiB': Math.round(growth / 1_024),
      'server peak MiB': Math.round(peak / (1 << 20)),
      'descriptors before/after': `${descriptorsBefore}/${descriptors}`,
    },
    failures,
  };
}

/**
 * @param {number} port
 * @param {SeededRandom} random
 * @returns {import('./fuzz-tls.js').Nuisance}
 */
function plainNuisance(port, random) {
  const pieces = Array.from({ length: random.integer(1, 3) }, () => cut(random, fuzzInput(random))).flat();
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
  return {
    socket,
    pieces,
    connected: 'connect',
    isDeaf: false,
    end: () => void socket.resetAndDestroy(),
  };
}

/**
 * Sends garbage. Returns after how many milliseconds the server answered or ended it; 0 for one that did not stay.
 * @param {import('./fuzz-tls.js').Nuisance} nuisance
 * @param {SeededRandom} random
 * @returns {Promise<number>}
 */
async function garbageConnection({ socket, pieces, connected, isDeaf, end }, random) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  try {
    return await new Promise((resolve, reject) => {
      let askedAt = 0;
      timer = setTimeout(() => resolve(GIVE_UP_MS), GIVE_UP_MS);
      let isHeard = false;
      const heard = () => {
        isHeard = true;
        if (askedAt > 0) resolve(performance.now() - askedAt);
      };
      const ask = () => {
        askedAt = performance.now();
        if (isHeard) resolve(0);
      };
      const ending = random.pick(['half-close', 'half-close', 'hold', 'leave']);
      // A half-closed connection has to end; one that is held open has to be answered or ended.
      if (ending !== 'half-close' && !isDeaf) socket.on('data', heard);
      else socket.resume();
      socket.on('end', heard).on('close', heard);
      socket.on('error', (error) => {
        if (/** @type {NodeJS.ErrnoException} */ (error).syscall === 'connect') reject(error);
      });
      // A handshake has a deadline, too, and the machine may be busy.
      const beforeAll = () => resolve(0);
      socket.once('close', beforeAll);
      socket.once(connected, async () => {
        socket.off('close', beforeAll);
        for (const piece of pieces) {
          if (socket.destroyed) break;
          socket.write(piece);
          if (pieces.length > 1 && random.chance(0.2)) await delay(1);
        }
        if (ending === 'leave') resolve(0);
        else if (ending === 'hold') ask();
        else socket.end(ask);
      });
    });
  } finally {
    clearTimeout(timer);
    end();
  }
}

/** A client that does nothing wrong, and wants its answers whatever others do. */
class Healthy {
  #isOver = false;

  /**
   * @param {number} port
   * @param {boolean} tls
   */
  constructor(port, tls) {
    const to = { port, host: '127.0.0.1' };
    this.socket = tls ? connectTls({ ...to, rejectUnauthorized: false }) : connect({ ...to, noDelay: true });
  }

  stop() {
    this.#isOver = true;
  }

  /** Milliseconds there and back. */
  async ping() {
    const startedAt = performance.now();
    this.socket.write(PING);
    const [reply] = await once(this.socket, 'data', { signal: AbortSignal.timeout(GIVE_UP_MS) });
    if (!PONG.equals(reply)) throw new Error(`another answer: ${reply}`);
    return performance.now() - startedAt;
  }

  /** @param {{ pings: number, slowestPing: number }} tally */
  async run(tally) {
    while (!this.#isOver) {
      tally.slowestPing = Math.max(tally.slowestPing, await this.ping());
      tally.pings++;
      await delay(5);
    }
    this.socket.destroy();
  }
}
