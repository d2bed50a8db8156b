// A worker of the campaign `fuzz`: feeds its share of the inputs to the codec, and tells what became of them.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parentPort, workerData } from 'node:worker_threads';
import { SealiftError } from '#sealift/errors/index.js';
import {
  decodeEntry,
  FrameDecoder,
  parseInterim,
  parseReply,
  parseRequest,
  requestBodyLength,
} from '#sealift/protocol/index.js';
import { cut, fuzzInput } from './fuzz-inputs.js';
import { REPLY_KINDS, replyOutcome, requestOutcome } from './fuzz-rules.js';
import { readStream } from './fuzz-stream.js';
import { SeededRandom } from './seeded-random.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc');
// Most inputs end in an error, and nobody reads where it came from.
Error.stackTraceLimit = 0;

const REPORT_EVERY = 20_000;
const FAILURES_MAX = 20;

const { seed, first, step, runs } = workerData;
const tally = { inputs: 0, frames: 0, taken: 0, refused: 0, slowest: 0, heapGrowth: 0 };
/** @type {string[]} */
const failures = [];

/**
 * The code that `task` fails with, or `taken`. Any other error than the product's own is a failure of the run.
 * @param {() => unknown} task
 */
function outcomeOf(task) {
  try {
    task();
    return 'taken';
  } catch (error) {
    if (!(error instanceof SealiftError)) throw error;
    return error.code;
  }
}

/**
 * Headers as the decoder gives them, and `PROTOCOL` at the end where the stream broke the protocol.
 * @param {Buffer[]} pieces
 */
function decoded(pieces) {
  const decoder = new FrameDecoder();
  /** @type {import('#sealift/protocol/index.js').JsonObject[]} */
  const headers = [];
  let body = 0;
  const end = outcomeOf(() => {
    for (const piece of pieces) {
      decoder.push(piece);
      for (let event = decoder.next(); event !== null; event = decoder.next()) {
        if (event.kind === 'body') body += event.bytes.length;
        else {
          headers.push(event.header);
          decoder.expectBody(requestBodyLength(event.header));
        }
      }
    }
  });
  return { headers, body, end };
}

/** @param {Buffer[]} pieces */
function check(pieces) {
  const found = decoded(pieces);
  const bytes = Buffer.concat(pieces);
  const expected = readStream(bytes);
  if (!isSame(found, expected)) {
    throw new Error(`the stream: ${shown(found)}, by the rules ${shown(expected)}`);
  }
  if (found.end === 'taken') tally.taken++;
  else tally.refused++;
  for (const header of found.headers) checkHeader(header);
  outcomeOf(() => decodeEntry(bytes.subarray(4)));
}

/**
 * @param {ReturnType<typeof readStream>} a
 * @param {ReturnType<typeof readStream>} b
 */
function isSame(a, b) {
  if (a.end !== b.end || a.body !== b.body || a.headers.length !== b.headers.length) return false;
  return a.headers.length === 0 || JSON.stringify(a.headers) === JSON.stringify(b.headers);
}

/** @param {ReturnType<typeof readStream>} stream */
function shown({ headers, body, end }) {
  return `${headers.length} headers, ${body} bytes of body, ${end}`;
}

/** @param {import('#sealift/protocol/index.js').JsonObject} header */
function checkHeader(header) {
  tally.frames++;
  compare('request', requestOutcome(header), () => parseRequest(header));
  for (const kind of REPLY_KINDS) {
    compare(`${kind} reply`, replyOutcome(kind, header), () => parseReply(/** @type {any} */ (kind), header));
  }
  outcomeOf(() => parseInterim(header));
}

/**
 * @param {string} what
 * @param {unknown} expected
 * @param {() => unknown} task
 */
function compare(what, expected, task) {
  const outcome = outcomeOf(task);
  if (outcome !== expected) throw new Error(`${what}: ${outcome}, by the rules ${expected}`);
}

function heapUsed() {
  collectGarbage();
  const { heapUsed: heap, arrayBuffers } = process.memoryUsage();
  return heap + arrayBuffers;
}

let heapAtStart = 0;
const warmUp = Math.min(runs / 4, 200_000);
for (let nth = first; nth < runs; nth += step) {
  if (heapAtStart === 0 && nth >= warmUp) heapAtStart = heapUsed();
  // Of each input alone, so that it can be made again without the ones before.
  const random = new SeededRandom(seed + Math.imul(nth, 0x9e3779b9));
  const pieces = cut(random, fuzzInput(random));
  const startedAt = performance.now();
  try {
    check(pieces);
  } catch (error) {
    const hex = Buffer.concat(pieces).subarray(0, 2_000).toString('hex');
    failures.push(
      `input ${nth} of seed ${seed}: ${error}; pieces of ${pieces.map(({ length }) => length)}: ${hex}`,
    );
    if (failures.length >= FAILURES_MAX) break;
  }
  tally.slowest = Math.max(tally.slowest, performance.now() - startedAt);
  if (++tally.inputs % REPORT_EVERY === 0) parentPort?.postMessage({ inputs: REPORT_EVERY });
}
if (/** @type {any} */ ({}).polluted !== undefined)
  failures.push(`seed ${seed}: an input changed Object.prototype`);
tally.heapGrowth = heapUsed() - heapAtStart;
parentPort?.postMessage({ tally, failures });
