import { createHash } from 'node:crypto';
import { staleness } from './guards/guard.js';
import { guards } from './guards/list.js';
import { Workshop } from './guards/workshop.js';

const AT_ONCE = 2;

/**
 * So many of these guards, which ones the seed says.
 * @param {import('./guards/guard.js').Guard[]} from
 * @param {number} count
 * @param {number} seed
 */
function pick(from, count, seed) {
  const order = new Map(
    from.map((guard) => [guard, createHash('md5').update(`${seed} ${guard.rule}`).digest('hex')]),
  );
  return [...from].sort((a, b) => (String(order.get(a)) < String(order.get(b)) ? -1 : 1)).slice(0, count);
}

/**
 * With all guards in place the tests have to be green.
 * @param {Workshop[]} workshops
 * @param {import('./guards/guard.js').Guard[]} picked
 * @param {(line: string) => void} log
 */
async function testAll(workshops, picked, log) {
  const tests = [...new Set(picked.map(({ test }) => test))];
  const faults = await Promise.all(
    workshops.map((workshop, at) => {
      const share = new Set(tests.filter((_, nth) => nth % workshops.length === at));
      return workshop.testWith(picked.filter(({ test }) => share.has(test)));
    }),
  );
  log(`guards: the tests are ${faults.flat().length === 0 ? 'green' : 'not green'} with all guards`);
  return faults.flat();
}

/** @type {import('./campaign.js').Campaign} */
export const campaign = {
  describe: 'each guard is taken out of the built program, and a test has to go red',
  fullRuns: guards.length,
  hasOnly: true,
  run: async ({ runs, seed, only = '', log }) => {
    const failures = guards.map(staleness).filter((fault) => fault !== null);
    const stale = failures.length;
    const wanted = guards.filter(({ rule, file, test }) => `${rule}\n${file}\n${test}`.includes(only));
    if (wanted.length === 0) failures.push(`no guard has "${only}" in its rule, its file or its test`);
    const picked = pick(wanted, runs, seed).filter((guard) => staleness(guard) === null);
    const workshops = Array.from({ length: AT_ONCE }, () => new Workshop());
    let red = 0;
    try {
      // A few are taken out where all tests are run anyway.
      if (runs >= guards.length) failures.push(...(await testAll(workshops, picked, log)));
      const queue = picked.values();
      const work = async (/** @type {Workshop} */ workshop) => {
        for (const guard of queue) {
          const startedAt = performance.now();
          const fault = await workshop.testWithout(guard);
          if (fault === null) red++;
          else failures.push(`${fault}; seed ${seed}`);
          const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
          log(`guards: ${fault === null ? 'red' : 'NOT RED'} in ${seconds} s: ${guard.rule}`);
        }
      };
      await Promise.all(workshops.map(work));
    } finally {
      for (const workshop of workshops) workshop.close();
    }
    return { figures: { guards: guards.length, stale, 'taken out': picked.length, red }, failures };
  },
};
