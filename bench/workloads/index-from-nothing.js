import { setTimeout as delay } from 'node:timers/promises';
import { hashedPages } from '../peers/sealift.js';
import { Wire } from '../peers/wire.js';

const SAMPLES = 20;
const LOOK_MS = 100;

/**
 * Starts a server without an index, and waits until it knows every MD5. A few entries are looked at until they are all
 * known, and only then the others: whole listings would keep the server from its work.
 * @param {import('../peers/sealift.js').Sealift} build
 * @param {string} folder
 * @param {readonly string[]} names sorted
 */
export async function indexFromNothing(build, folder, names) {
  const startedAt = performance.now();
  const secondsSince = () => (performance.now() - startedAt) / 1_000;
  const server = await build.serve(folder);
  const wire = await Wire.to(server.port);
  const last = names.length - 1;
  const samples = Array.from({ length: SAMPLES + 1 }, (_, number) => Math.floor((number * last) / SAMPLES));
  for (let seen = 0; seen < samples.length; ) {
    const number = /** @type {number} */ (samples[seen]);
    if (await isHashed(wire, names, number)) seen++;
    else await delay(LOOK_MS);
  }
  let seconds = secondsSince();
  for (let pages = hashedPages(wire), askedAt = performance.now(); ; askedAt = performance.now()) {
    const { done } = await pages.next();
    if (done) break;
    // It was not there yet and had to be waited for: until then the index was not complete.
    if (performance.now() - askedAt > LOOK_MS) seconds = secondsSince();
  }
  wire.close();
  const timing = { seconds, cpuSeconds: null, serverCpuSeconds: server.cpuSeconds(), peakBytes: null };
  return { server, timing };
}

/**
 * @param {Wire} wire
 * @param {readonly string[]} names
 * @param {number} number
 */
async function isHashed(wire, names, number) {
  const before = names[number - 1];
  const { body } = await wire.ask({
    op: 'list',
    limit: 1,
    ...(before === undefined ? {} : { after: before }),
  });
  return JSON.parse(body.toString()).md5 !== null;
}
