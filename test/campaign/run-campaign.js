// npm run campaign -- NAME [--runs N] [--seed S]: ends in a line of figures, and exits 1 if anything failed.
import { parseArgs } from 'node:util';
import { campaigns } from './campaign.js';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { runs: { type: 'string' }, seed: { type: 'string' } },
});
const [name = ''] = positionals;
const load = campaigns[name];
if (!load) {
  console.error(
    `usage: npm run campaign -- NAME [--runs N] [--seed S], NAME one of ${Object.keys(campaigns).join(', ')}`,
  );
  process.exit(2);
}
const campaign = await load();
const runs = Number(values.runs ?? campaign.fullRuns);
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 32));
console.error(`${name}: ${campaign.describe}; ${runs} runs, seed ${seed}, Node ${process.version}`);
const startedAt = performance.now();
const { figures, failures } = await campaign.run({ runs, seed, log: (line) => console.error(line) });
for (const failure of failures) console.error(`FAILED ${failure}`);
const seconds = ((performance.now() - startedAt) / 1_000).toFixed(0);
const counted = Object.entries(figures).map(([what, count]) => `${what} ${count}`);
console.log(
  `${name}: ${[...counted, `failures ${failures.length}`, `seed ${seed}`, `${seconds} s`].join(', ')}`,
);
process.exit(failures.length === 0 ? 0 : 1);
