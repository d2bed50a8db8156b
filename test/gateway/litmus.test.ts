import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { localServer } from '../helpers/in-process.js';
import { tempFolder } from '../helpers/temp-folder.js';
import { writableFront } from '../helpers/writable-front.js';

const HAS_LITMUS = spawnSync('litmus', ['--version']).error === undefined;
if (!HAS_LITMUS) console.warn('skipped: litmus is not installed');

/** What became of each test of a suite, by its number and name; of one that failed with the reason. */
async function litmus(suite: string): Promise<Record<string, string>> {
  const storage = tempFolder();
  const { port } = await localServer(storage);
  const url = await writableFront(storage, port);
  const env = { ...process.env, TESTS: suite };
  const child = spawn('litmus', ['--keep-going', url], {
    cwd: tempFolder(),
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (piece) => (text += piece));
  await once(child, 'close');
  const outcomes: Record<string, string> = {};
  let test = '';
  // A line that is written over counts by what stands there last.
  for (const line of text.split(/[\r\n]+/)) {
    const [, own, outcome = ''] = /^(?:\s*(\d+\. \w+)|\s+)\.+ (pass|FAIL|SKIPPED.*|XFAIL)?/.exec(line) ?? [];
    test = own ?? test;
    if (outcome !== '') outcomes[test] = outcome.toLowerCase();
  }
  return outcomes;
}

function named(outcomes: Record<string, string>, ...wanted: string[]): string[] {
  return Object.entries(outcomes)
    .filter(([, outcome]) => wanted.includes(outcome))
    .map(([test]) => test);
}

test.runIf(HAS_LITMUS).each([
  ['basic', 16],
  ['copymove', 13],
  ['http', 4],
])('litmus, %s: all pass', async (suite, count) => {
  const outcomes = await litmus(suite);
  expect(Object.values(outcomes)).toEqual(Array(count).fill('pass'));
});

test.runIf(HAS_LITMUS)(
  'litmus, props: all that reads passes; none can be set, nor be read when it was to be',
  async () => {
    const outcomes = await litmus('props');
    expect(named(outcomes, 'pass')).toEqual([
      '0. init',
      '1. begin',
      '2. propfind_invalid',
      '3. propfind_invalid2',
      '4. propfind_d0',
      '5. propinit',
      '8. propextended',
      '24. propwformed',
      '25. propinit',
      '28. propcleanup',
      '29. finish',
    ]);
    // PROPPATCH is refused; the last of these looks for what the one before has set.
    expect(named(outcomes, 'fail')).toEqual(['6. propset', '26. propmanyns', '27. propget']);
  },
);

test.runIf(HAS_LITMUS)('litmus, locks: there are none, and none are claimed', async () => {
  const outcomes = await litmus('locks');
  expect(named(outcomes, 'fail')).toEqual([]);
  expect(outcomes['3. precond']).toMatch(/^skipped/);
});
