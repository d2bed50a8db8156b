import { expect, test } from 'vitest';
import { isName } from '#sealift/protocol/index.js';
import { MemoryIndex } from '#sealift/store/digest-index/memory-index.js';
import type { ScrubReport } from '#sealift/store/index.js';
import { type ScheduleOptions, ScrubSchedule } from '#sealift/store/local/scrub-schedule.js';
import { ServedRoot } from '#sealift/store/local/served-root.js';
import { putFile, putSparse, rot } from '../../helpers/files.js';
import { tempFolder } from '../../helpers/temp-folder.js';

const HOUR = 3_600_000;

function scheduled(folder: string, index: MemoryIndex, options: Partial<ScheduleOptions> = {}) {
  let onBegin = () => {};
  let onEnd: (report: ScrubReport) => void = () => {};
  const begun = new Promise<void>((resolve) => (onBegin = resolve));
  const ended = new Promise<ScrubReport>((resolve) => (onEnd = resolve));
  const root = new ServedRoot(folder, isName);
  const schedule = new ScrubSchedule(root, index, { interval: HOUR, onBegin, onEnd, ...options });
  return { schedule, begun, ended };
}

test('a scrub begins one interval after the last one, be that before a restart', async () => {
  const folder = tempFolder();
  putFile(folder, 'a', 'hello');
  const index = new MemoryIndex();
  index.scrubbedAt = Date.now() - HOUR - 1;
  const { schedule, ended } = scheduled(folder, index);
  expect(await ended).toMatchObject({ files: 1, new: 1, isComplete: true });
  expect(Date.now() - (index.scrubbedAt ?? 0)).toBeLessThan(60_000);
  await schedule.close();
});

test('one that is not due does not begin, and one that was never done is due an interval from now', async () => {
  for (const scrubbedAt of [Date.now() - HOUR / 2, null, Date.now() + HOUR]) {
    const index = new MemoryIndex();
    index.scrubbedAt = scrubbedAt;
    let begun = false;
    const { schedule } = scheduled(tempFolder(), index, { onBegin: () => (begun = true) });
    await new Promise((done) => setTimeout(done, 20));
    await schedule.close();
    expect(begun).toBe(false);
    // Remembered at once: else a server that is restarted every day would never come to it.
    expect(index.scrubbedAt).toBeLessThanOrEqual(Date.now());
    if (scrubbedAt !== null && scrubbedAt < Date.now()) expect(index.scrubbedAt).toBe(scrubbedAt);
  }
});

test('scrubs follow one another', async () => {
  const folder = tempFolder();
  putFile(folder, 'a', 'hello');
  const rotten: string[] = [];
  const reports: ScrubReport[] = [];
  let onThird = () => {};
  const third = new Promise<void>((resolve) => (onThird = resolve));
  const { schedule } = scheduled(folder, new MemoryIndex(), {
    interval: 30,
    onRotten: (name) => rotten.push(name),
    onEnd: (report) => {
      reports.push(report);
      if (reports.length === 2) rot(folder, 'a', 'hellO');
      if (reports.length === 3) onThird();
    },
  });
  await third;
  await schedule.close();
  expect(reports).toMatchObject([{ new: 1 }, { verified: 1 }, { rotten: 1 }]);
  expect(rotten.slice(0, 1)).toEqual(['a']);
});

test('closing ends a scrub that runs, at once and without a word', async () => {
  const folder = tempFolder();
  putSparse(folder, 'endless', 2 ** 42);
  const index = new MemoryIndex();
  index.scrubbedAt = 1;
  const { schedule, begun } = scheduled(folder, index, {
    rate: 1_000,
    onEnd: () => expect.unreachable('it has not ended'),
  });
  await begun;
  await schedule.close();
  expect(index.scrubbedAt).toBe(1);
});

test('an index that fails is no end of the server, nor is the scrub tried again at once', async () => {
  const index = new MemoryIndex();
  let settlings = 0;
  index.settled = () => {
    settlings++;
    return Promise.reject(new Error('the disk is full'));
  };
  // Not noted as done either.
  Object.defineProperty(index, 'scrubbedAt', { get: () => 1, set: () => {} });
  const { schedule, begun } = scheduled(tempFolder(), index);
  await begun;
  while (settlings === 0) await new Promise((done) => setImmediate(done));
  for (let turn = 0; turn < 100; turn++) await new Promise((done) => setImmediate(done));
  await schedule.close();
  expect(settlings).toBe(1);
});
