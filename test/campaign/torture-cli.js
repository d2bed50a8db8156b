import { fileURLToPath } from 'node:url';
import { runProgram } from './run-program.js';
import { judgeDisk } from './torture-judge.js';

const FAULTS = fileURLToPath(new URL('../helpers/fault-fs.js', import.meta.url));
const CODES = ['EIO', 'ENOSPC', 'EACCES'];
const ALLOWED = [0, 7];

/**
 * Faults in the program itself: what its user sees is one clear line that names the file.
 * @param {object} options
 * @param {import('./torture-scenarios.js').Scenario[]} options.scenarios
 * @param {string} options.url
 * @param {import('./scratch-folder.js').ScratchFolder} options.scratch
 * @param {number} options.runs
 * @param {import('./seeded-random.js').SeededRandom} options.random
 * @returns {Promise<string[]>} failures
 */
export async function cliFaults({ scenarios, url, scratch, runs, random }) {
  /** @type {string[]} */
  const failures = [];
  /** @type {Map<string, number>} */
  const callsOf = new Map();
  /** @param {import('./torture-scenarios.js').Scenario} scenario */
  const fetchWith = async (scenario, /** @type {Record<string, string>} */ fault) => {
    const dir = scratch.copyOf(scenario.before);
    const isRepair = scenario.verb === 'repair';
    const args = [
      ...(isRepair ? ['verify', '--repair'] : ['fetch', '-q']),
      scenario.name,
      '-s',
      url,
      '-d',
      dir,
    ];
    if (scenario.options.force && !isRepair) args.push('--force');
    if (!scenario.options.fsync) args.push('--no-fsync');
    const env = { FAULT_OP: 'any', FAULT_PATH: dir, ...fault };
    return { dir, ...(await runProgram(args, { nodeArgs: ['--import', FAULTS], env })) };
  };
  const plans = Array.from({ length: runs }, () => ({
    scenario: random.pick(scenarios),
    at: random.next(),
    code: random.pick(CODES),
    once: random.pick(['0', '1']),
  })).values();
  const work = async () => {
    for (const { scenario, at, code, once } of plans) {
      let calls = callsOf.get(scenario.title);
      if (calls === undefined) {
        calls = Number(/\[calls\] (\d+)/.exec((await fetchWith(scenario, { FAULT_LIST: '1' })).stderr)?.[1]);
        callsOf.set(scenario.title, calls);
      }
      // Half of them at the start or at the end, where each call is another one.
      const nth = 1 + Math.floor(calls * (at < 0.25 ? at / 4 : at > 0.75 ? 1 - (1 - at) / 4 : at));
      const result = await fetchWith(scenario, {
        FAULT_NTH: String(nth),
        FAULT_CODE: code,
        FAULT_ONCE: once,
      });
      const wrong = [...judgeDisk(scenario, result.dir, result.code), ...judgeLines(result)];
      const text = `program, ${scenario.title}, ${code} at call ${nth}${once === '1' ? '' : ' and from there on'}`;
      failures.push(...wrong.map((why) => `${text}: ${why}`));
      scratch.remove(result.dir);
    }
  };
  await Promise.all([work(), work()]);
  return failures;
}

/** @param {{ dir: string, code: number | null, stderr: string }} result */
function judgeLines({ dir, code, stderr }) {
  const wrong = [];
  const lines = stderr.split('\n').filter((line) => /^(failed|sealift:)/.test(line));
  if (code === null || !ALLOWED.includes(code)) wrong.push(`exit code ${code}`);
  if (code !== 0 && (lines.length !== 1 || !lines[0]?.includes(dir))) {
    wrong.push(`not one line that names the file: ${JSON.stringify(stderr)}`);
  }
  if (code === 0 && lines.length > 0) wrong.push(`success, and yet: ${lines.join(' / ')}`);
  if (/bug in Sealift|^\s+at /m.test(stderr)) wrong.push(`a stack: ${JSON.stringify(stderr)}`);
  return wrong;
}
