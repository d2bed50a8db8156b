import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { certificateFiles, newCertificate } from './over-tls.js';
import { FLIPS, insideVersions, MARKER, makeRaceStorage, NAMES, outsideTraces } from './race-storage.js';
import { RaceWire } from './race-wire.js';
import { SeededRandom } from './seeded-random.js';
import { ServedProcess } from './served-process.js';

const CONNECTIONS = 6;
const PIPELINED = 8;
const FAILURES_MAX = 20;
const LOG_EVERY = 20_000;
const FLIPPER = fileURLToPath(new URL('./race-flipper.js', import.meta.url));
const inside = insideVersions();
const traces = outsideTraces();

/** @typedef {Record<string, any>} Header */

/** @param {SeededRandom} random */
function randomRequest(random) {
  const draw = random.next();
  const name = random.pick(NAMES);
  if (draw < 0.35) return { op: 'get', name };
  if (draw < 0.55) return { op: 'get', name, defer: true };
  if (draw < 0.6) return { op: 'get', name, offset: random.integer(0, 900) };
  if (draw < 0.75) return { op: 'stat', name };
  if (draw < 0.8) return { op: 'stat', name, fresh: true };
  if (draw < 0.9) return { op: 'manifest', name };
  return { op: 'list', pattern: random.pick(['**', 'flip/**', 'l*/**', '{leaf,file}']) };
}

/**
 * What is wrong with a reply, or null. Nothing of it may come from outside, and what it says of a file has to be true of
 * one inside.
 * @param {Header} request
 * @param {Header} header
 * @param {Buffer} body
 */
function faultOf(request, header, body) {
  if (body.includes(MARKER)) return `${request.op} ${request.name ?? request.pattern}: bytes from outside`;
  const said = `${JSON.stringify(header)}${request.op === 'list' ? body : ''}`;
  const trace = traces.find((one) => new RegExp(`\\b${one}\\b`).test(said));
  if (trace !== undefined)
    return `${request.op} ${request.name ?? request.pattern}: ${trace}, which is from outside: ${said}`;
  if (header.ok !== true) return null;
  const wrong = entriesOf(request, header, body).find(
    ({ size, md5 }) => !inside.has(size) || (md5 !== null && inside.get(size)?.md5 !== md5),
  );
  if (wrong) return `${request.op}: no file inside: ${JSON.stringify(wrong)}`;
  const isOther = request.op === 'manifest' && body.toString('hex') !== inside.get(header.size)?.manifest;
  return isOther ? `manifest ${request.name}: digests of something else` : null;
}

/**
 * @param {Header} request
 * @param {Header} header
 * @param {Buffer} body
 * @returns {Header[]}
 */
function entriesOf(request, header, body) {
  if (request.op !== 'list') return [header];
  const lines = body.toString().split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line));
}

/** What became of the requests: by op, and for each kind of exchange which of the two states they met. */
class Tally {
  answered = 0;
  /** In replies that bear a trace of a file outside. */
  bytesFromOutside = 0;
  /** @type {Record<string, number>} */
  outcomes = {};
  inside = Object.fromEntries(Object.values(FLIPS).map((flip) => [flip, 0]));
  outside = { ...this.inside };

  /** @param {string} outcome */
  count(outcome) {
    this.outcomes[outcome] = (this.outcomes[outcome] ?? 0) + 1;
  }

  /**
   * @param {Header} request
   * @param {Header} header
   */
  reply(request, { ok, code }) {
    this.answered++;
    this.count(ok === true ? `${request.op} served` : String(code));
    const flip = String(request.name).split('/', 1)[0] ?? '';
    const states = ok === true ? this.inside : code === 'NOT_FOUND' ? this.outside : {};
    if (flip in states) states[flip] = (states[flip] ?? 0) + 1;
  }

  figures() {
    return {
      requests: this.answered,
      'bytes from outside': this.bytesFromOutside,
      [`met inside (${Object.keys(this.inside).join('/')})`]: Object.values(this.inside).join('/'),
      'met outside': Object.values(this.outside).join('/'),
      ...Object.fromEntries(Object.entries(this.outcomes).sort()),
    };
  }
}

/**
 * @param {number} port
 * @param {import('./campaign.js').CampaignOptions} options
 */
async function askAll(port, { runs, seed, log, tls = false }) {
  /** @type {string[]} */
  const failures = [];
  const tally = new Tally();
  const random = new SeededRandom(seed);
  let asked = 0;

  /** @param {SeededRandom} own */
  const ask = async (own) => {
    let wire = await RaceWire.to(port, tls);
    while (asked < runs && failures.length < FAILURES_MAX) {
      const requests = Array.from({ length: Math.min(PIPELINED, runs - asked) }, () => randomRequest(own));
      const first = asked;
      asked += requests.length;
      if (Math.floor(asked / LOG_EVERY) > Math.floor(first / LOG_EVERY)) log(`race: ${asked} requests`);
      wire.send(requests);
      for (const [at, request] of requests.entries()) {
        const reply = await wire.reply();
        if (reply === null) {
          // A file that changed in mid-body: the requests behind it are lost with the connection.
          tally.count('reset');
          asked -= requests.length - at - 1;
          wire = await RaceWire.to(port, tls);
          break;
        }
        tally.reply(request, reply.header);
        const fault = faultOf(request, reply.header, reply.body);
        if (fault === null) continue;
        tally.bytesFromOutside += reply.body.length;
        failures.push(`request ${first + at} of seed ${seed}: ${fault}`);
      }
    }
    wire.close();
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, () => ask(random.fork())));
  return { figures: tally.figures(), failures };
}

/** @type {import('./campaign.js').Campaign} */
export const campaign = {
  describe: 'requests while folders, files and links change places with links that lead outside',
  fullRuns: 100_000,
  hasTls: true,
  run: async (options) => {
    const parent = mkdtempSync(join(tmpdir(), 'sealift-race-'));
    const { storage, outside } = makeRaceStorage(parent);
    const server = await ServedProcess.start(
      storage,
      certificateFiles(parent, options.tls ? newCertificate() : null),
    );
    const flipper = fork(FLIPPER, [storage, outside, String(options.seed)], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    try {
      const { figures, failures } = await askAll(server.port, options);
      const told = once(flipper, 'message');
      flipper.send('stop');
      const [flips] = await told;
      const end = await server.stop();
      if (end.code !== 0)
        failures.push(`seed ${options.seed}: the server ended with ${end.signal ?? end.code}: ${server.log}`);
      return {
        figures: { ...figures, flips: Object.values(flips).join('/') },
        failures,
      };
    } finally {
      flipper.kill('SIGKILL');
      if (flipper.exitCode === null && flipper.signalCode === null) await once(flipper, 'exit');
      await server.kill();
      rmSync(parent, { recursive: true, force: true });
    }
  },
};
