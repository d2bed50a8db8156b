// A thread that fetches, one fetch at a time, on a disk of which one call fails.
import { constants as os } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort } from 'node:worker_threads';
import { connect } from '#sealift/client/index.js';
import { exitCodeOf, SealiftError } from '#sealift/errors/index.js';
import { fsError, hookFs } from '../helpers/fs-hooks.js';

/**
 * @typedef {object} Fault
 * @property {string} label of the call that fails, and its number among those of that label, from 1
 * @property {number} nth
 * @property {string} code of the error, or SHORT for a write that takes less than it is given
 * @property {boolean} isLasting all later calls fail as well
 *
 * @typedef {object} Job
 * @property {string} url
 * @property {string} name
 * @property {string} dir
 * @property {'fetch' | 'repair'} verb
 * @property {{ force: boolean, fsync: boolean }} options
 * @property {Fault | null} fault
 *
 * @typedef {object} Outcome
 * @property {string[]} labels of the calls that were made
 * @property {boolean} wasHit the fault happened
 * @property {string} status `done`, `skipped`, `failed`, or `hangs`
 * @property {number} exitCode
 * @property {string} message
 * @property {number} resumedFrom
 * @property {number} leftOpen files that were opened and not closed
 */

const HANG_MS = 20_000;
const SHORT = 'SHORT';
const WRITES = new Set(['write', 'writev']);

/** @type {{ dir: string, fault: Fault | null, counts: Map<string, number>, outcome: Outcome, open: Set<object> } | null} */
let run = null;

await hookFs(async (call, proceed) => {
  if (!run || !(call.path === run.dir || call.path.startsWith(`${run.dir}/`))) return proceed();
  const { fault, counts, outcome, open } = run;
  const label = call.isFolder ? `${call.op}-folder` : call.op;
  const nth = (counts.get(label) ?? 0) + 1;
  counts.set(label, nth);
  outcome.labels.push(label);
  const isHere = fault?.label === label && fault.nth === nth;
  const fails = isHere || (outcome.wasHit && fault?.isLasting);
  outcome.wasHit ||= isHere;
  if (call.op === 'close') open.delete(call.self);
  if (fails && fault?.code === SHORT) {
    if (WRITES.has(call.op)) return shortWrite(call, proceed);
  } else if (fails && fault) {
    // A close that fails has closed all the same (close(2)).
    if (call.op === 'close') await proceed();
    const errno = os.errno[/** @type {keyof typeof os.errno} */ (fault.code)];
    throw fsError(fault.code, errno, call.op);
  }
  const result = await proceed();
  if (call.op === 'open') open.add(result);
  return result;
});

/**
 * @param {import('../helpers/fs-hooks.js').FsCall} call
 * @param {(...args: any[]) => Promise<any>} proceed
 */
function shortWrite({ op, args }, proceed) {
  if (op === 'writev') return proceed(args[0].slice(0, 1), args[1]);
  const [buffer, offset = 0, length = buffer.length - offset, position] = args;
  return proceed(buffer, offset, Math.ceil(length / 3), position);
}

/** @param {Job} job */
async function fetchOnce({ url, name, dir, verb, options, fault }) {
  /** @type {Outcome} */
  const outcome = {
    labels: [],
    wasHit: false,
    status: 'hangs',
    exitCode: -1,
    message: '',
    resumedFrom: 0,
    leftOpen: 0,
  };
  const client = await connect(url);
  run = { dir, fault, counts: new Map(), outcome, open: new Set() };
  const limit = new AbortController();
  const hangs = sleep(HANG_MS, undefined, { signal: limit.signal }).catch(() => {});
  try {
    const file = await Promise.race([client[verb](name, { dir, ...options }), hangs]);
    if (file) Object.assign(outcome, { status: file.status, exitCode: 0, resumedFrom: file.resumedFrom });
  } catch (error) {
    const isForeseen = error instanceof SealiftError;
    outcome.status = 'failed';
    outcome.exitCode = isForeseen ? exitCodeOf(error.code) : 1;
    outcome.message = isForeseen ? error.message : String(/** @type {Error} */ (error)?.stack ?? error);
  } finally {
    limit.abort();
    outcome.leftOpen = run.open.size;
    run = null;
    client.close();
  }
  return outcome;
}

parentPort?.on('message', async (/** @type {Job} */ job) => parentPort?.postMessage(await fetchOnce(job)));
