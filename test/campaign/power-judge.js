import { DiskModel } from './power-model.js';

/**
 * @typedef {object} PowerCase
 * @property {string} path of the final name in the recorded folder
 * @property {Buffer | null} old content at the final name before; null for none
 * @property {Buffer} content of the served file
 * @property {Map<string, Buffer | null>} before
 * @property {import('./power-recorder.js').RecordEvent[]} events
 */

/** Mixtures tried for each file whose changes are not synced. */
const ROUNDS = 20;

/**
 * Cuts the power after each event of a record, and looks at everything that the disk may hold then.
 * @param {PowerCase} powerCase
 * @param {import('./seeded-random.js').SeededRandom} random
 * @param {{ stopAtFirst?: boolean }} [options]
 * @returns {{ states: number, violations: string[] }}
 */
export function judgeRecord({ path, old, content, before, events }, random, { stopAtFirst = false } = {}) {
  const model = new DiskModel(before);
  /** @type {Set<string>} */
  const violations = new Set();
  let states = 0;
  for (const [at, event] of [null, ...events].entries()) {
    if (event) model.apply(event);
    const when = `power cut after ${eventText(event, at, events.length)}`;
    for (const names of model.names()) {
      const inode = names.get(path);
      if (!inode) {
        states++;
        if (old !== null) violations.add(`${when}: the old file is gone`);
        if (model.wasReported) violations.add(`${when}: success was reported, and nothing is there`);
        continue;
      }
      for (const found of model.contents(inode, random, ROUNDS)) {
        states++;
        const isNew = found.equals(content);
        if (!isNew && !(old && found.equals(old)))
          violations.add(`${when}: the final name holds other bytes`);
        if (!isNew && model.wasReported)
          violations.add(`${when}: success was reported, and other bytes are there`);
        if (stopAtFirst && violations.size > 0) return { states, violations: [...violations] };
      }
      if (model.wasReported && inode.pending.some(({ op }) => op === 'meta')) {
        violations.add(`${when}: success was reported, and the file's time or mode may be lost`);
      }
    }
    if (stopAtFirst && violations.size > 0) break;
  }
  return { states, violations: [...violations] };
}

/**
 * Any one state of the disk after a power cut at any moment of the record.
 * @param {PowerCase} powerCase
 * @param {import('./seeded-random.js').SeededRandom} random
 * @returns {{ when: string, files: Map<string, Buffer | null> }} what is there, by path; null for a folder
 */
export function anyState({ before, events }, random) {
  const model = new DiskModel(before);
  const at = random.integer(0, events.length);
  for (const event of events.slice(0, at)) model.apply(event);
  const names = random.pick([...model.names()]);
  /** @type {Map<string, Buffer | null>} */
  const files = new Map();
  for (const [path, inode] of names) {
    if (inode.isFolder) files.set(path, null);
    else {
      const changes = inode.pending.length;
      const contents = model.contents(inode, random, 3);
      const wanted = random.integer(0, changes === 0 ? 0 : 2 + 3 * changes);
      let content = /** @type {Buffer} */ (contents.next().value);
      for (let n = 0; n < wanted; n++) content = contents.next().value ?? content;
      files.set(path, content);
    }
  }
  return { when: `power cut after event ${at} of ${events.length}`, files };
}

/**
 * The record of a program that does not ask for it.
 * @param {import('./power-recorder.js').RecordEvent[]} events
 * @param {'file' | 'folder'} what
 */
export function withoutSync(events, what) {
  const left = new Set();
  for (const event of events) {
    if (event.event === 'begin' && event.op === 'sync' && event.isFolder === (what === 'folder'))
      left.add(event.id);
  }
  return events.filter((event) => event.event === 'reported' || !left.has(event.id));
}

/**
 * @param {import('./power-recorder.js').RecordEvent | null} event
 * @param {number} at
 * @param {number} count
 */
function eventText(event, at, count) {
  const what =
    event?.event === 'begin' ? `the start of ${event.op} ${event.path}` : (event?.event ?? 'nothing');
  return `event ${at} of ${count} (${what})`;
}
