import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { type FileTask, FileThread } from '#sealift/store/local/file-thread.js';
import { putFile } from '../../helpers/files.js';
import { tempFolder } from '../../helpers/temp-folder.js';

/** Late after 50 ms; `program` is what runs in place of the real one. */
async function threadOn(names: string[], program?: string) {
  const folder = tempFolder();
  for (const name of names) putFile(folder, name, name);
  const file = join(tempFolder(), 'program.mjs');
  if (program !== undefined) writeFileSync(file, program);
  const own = program === undefined ? {} : { program: pathToFileURL(file) };
  const thread = new FileThread(folder, { slots: 3, lateMs: 50, ...own });
  onTestFinished(() => thread.close());
  await thread.started();
  return { folder, thread };
}

function taskOf(thread: FileThread): FileTask {
  const task = thread.task();
  if (task === null) throw new Error('no room');
  return task;
}

test('there is room for so many jobs; room that was given back is used again', async () => {
  const { thread } = await threadOn(['a']);
  const tasks = [taskOf(thread), taskOf(thread), taskOf(thread)];
  expect(thread.task()).toBeNull();
  tasks[1]?.release();
  const again = taskOf(thread);
  expect(again.slot).toBe(tasks[1]?.slot);
  expect(thread.task()).toBeNull();
  expect(await again.run('look', ['a'])).toBe(1);
});

test('jobs that are given to it together are all done', async () => {
  const { thread } = await threadOn(['a', 'b']);
  const tasks = [taskOf(thread), taskOf(thread), taskOf(thread)];
  expect(await Promise.all(tasks.map((task) => task.run('look', ['a', 'nothing', 'b'])))).toEqual([3, 3, 3]);
});

/** A thread that answers a job only when a file of its name is there, and leaves a trace of those that it has begun. */
const STUCK = `
import { existsSync, writeFileSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { BEGUN, slotIn } from '${new URL('../../../dist/store/local/file-job.js', import.meta.url)}';
parentPort.on('message', ({ slot, ticket, names: name }) => {
  const { state } = slotIn(workerData.memory, slot);
  if (Atomics.compareExchange(state, 0, ticket, BEGUN) !== ticket) return;
  writeFileSync(workerData.root + '/begun-' + name, '');
  while (!existsSync(workerData.root + '/' + name)) Atomics.wait(state, 1, state[1], 1);
  state[1] = 1;
  parentPort.postMessage(slot);
});
parentPort.postMessage(null);
`;

test('a disk that does not answer holds up who asked for its files, and nobody else', async () => {
  const { folder, thread } = await threadOn(['b', 'c'], STUCK);
  const [stuck, behind] = [taskOf(thread), taskOf(thread)];
  let isStuck = true;
  const held = stuck.run('read', ['a']).finally(() => (isStuck = false));
  // Nothing of it is done: whoever asked does it on its own.
  expect(await behind.run('read', ['b'])).toBe(0);
  expect(isStuck).toBe(true);
  expect(thread.task()).toBeNull();
  behind.release();
  mkdirSync(join(folder, 'a'));
  expect(await held).toBe(1);
  expect(await taskOf(thread).run('read', ['c'])).toBe(1);
  // What was given up is not done later, in the same room.
  expect(readdirSync(folder).filter((name) => name.startsWith('begun'))).toEqual(['begun-a', 'begun-c']);
  rmSync(join(folder, 'a'), { recursive: true });
});

test('a thread that fails leaves files to those who asked for them', async () => {
  const { thread } = await threadOn(
    ['a'],
    `import { parentPort } from 'node:worker_threads';
    parentPort.on('message', () => { throw new Error('no more'); });
    parentPort.postMessage(null);`,
  );
  const task = taskOf(thread);
  expect(await task.run('read', ['a'])).toBe(0);
  expect(thread.task()).toBeNull();
  expect(await task.run('read', ['a'])).toBe(0);
  await thread.started();
});

test('a thread that cannot start is not waited for', async () => {
  const { thread } = await threadOn(['a'], 'throw new Error("no");');
  expect(thread.task()).toBeNull();
});
