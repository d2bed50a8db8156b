// A process of the campaign `concurrency`: many clients that fetch, stream, list and verify until they are told to stop. Arguments:
// the server's URL, a folder for downloads, how many clients, a seed.
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SealiftError } from '#sealift/errors/index.js';
import { connect } from '#sealift/index.js';
import { FILES, listedAs, tracesOf } from './concurrency-versions.js';
import { SeededRandom } from './seeded-random.js';

const [url = '', folder = '', count = '1', seed = '0'] = process.argv.slice(2);
const random = new SeededRandom(Number(seed));
const FAILURES_MAX = 20;
/** What may become of a request for a file that changes. */
const FORESEEN = new Set(['NOT_FOUND', 'CHANGED', 'NETWORK', 'CORRUPT']);

/** @type {Record<string, number>} */
const tally = {};
/** Traces of what was received, to be found among those of what was ever there. */
const seen = new Set();
/** @type {string[]} */
const failures = [];
let isOver = false;

/** @param {string} what */
function tell(what) {
  tally[what] = (tally[what] ?? 0) + 1;
}

/** @param {string} failure */
function fail(failure) {
  if (failures.length < FAILURES_MAX) failures.push(`${failure}; seed ${seed}`);
}

/**
 * Bytes that Sealift calls right.
 * @param {string} name
 * @param {Buffer} content
 * @param {string | null} announced
 */
function received(name, content, announced) {
  const { bytes, md5 } = tracesOf(name, content);
  seen.add(bytes);
  if (announced !== null && md5 !== announced) fail(`${name}: ${md5} on disk, ${announced} announced`);
}

/**
 * @param {import('#sealift/index.js').Sealift} client
 * @param {SeededRandom} own
 * @param {string} dir
 */
async function act(client, own, dir) {
  const { name } = own.pick(FILES);
  const draw = own.next();
  if (draw < 0.5) {
    const done = await client.fetch(name, { dir, force: true, fsync: false });
    received(name, readFileSync(join(dir, name)), done.md5);
    tell(`fetch ${done.status}`);
  } else if (draw < 0.65) {
    const pieces = await client.read(name).toArray();
    received(name, Buffer.concat(pieces), null);
    tell('stream done');
  } else if (draw < 0.85) {
    for await (const entry of client.list(
      own.pick(['{replaced,edited,deleted}/*', 'edited/*', 'deleted/*']),
    )) {
      if (entry.md5 !== null) seen.add(listedAs(entry));
    }
    tell('list done');
  } else {
    const { status } = await client.verify(name, { dir });
    tell(`verify ${status}`);
  }
}

/** @param {number} nth */
async function run(nth) {
  const own = random.fork();
  const dir = join(folder, String(nth));
  mkdirSync(dir, { recursive: true });
  const client = await connect(url, { retries: 2, retryDelay: 20 });
  while (!isOver && failures.length < FAILURES_MAX) {
    try {
      await act(client, own, dir);
    } catch (error) {
      if (error instanceof SealiftError && FORESEEN.has(error.code)) tell(error.code);
      else fail(`client ${nth}: ${error instanceof Error ? error.stack : error}`);
    }
  }
  client.close();
}

process.once('message', () => (isOver = true));
await Promise.all(Array.from({ length: Number(count) }, (_, nth) => run(nth)));
process.send?.({ tally, seen: [...seen], failures }, () => process.exit(0));
