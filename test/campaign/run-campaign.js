// npm run campaign -- NAME [--runs N] [--seed S]: ends in a line of figures, and exits 1 if anything failed.
import { parseArgs } from 'node:util';
import { campaigns } from './campaign.js';

const USAGE = `usage: npm run campaign -- NAME [--runs N] [--seed S] [--only TEXT] [--tls]
NAME is one of ${Object.keys(campaigns).join(', ')}.
--only is for guards: those with TEXT in their rule, their file or their test.
--tls is for those whose faults or questions are on the network (all but torture, power and guards): everything goes over TLS.`;

/** @returns {never} */
function endWithUsage() {
  console.error(USAGE);
  process.exit(2);
}

function readArgs() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        runs: { type: 'string' },
        seed: { type: 'string' },
        only: { type: 'string' },
        tls: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    console.error(/** @type {Error} */ (error).message);
    return endWithUsage();
  }
}

const { positionals, values } = readArgs();
if (values.help) {
  console.log(USAGE);
  process.exit(0);
}
const [name = ''] = positionals;
const load = campaigns[name] ?? endWithUsage();
const campaign = await load();
const { only, tls } = values;
if (only !== undefined && !campaign.hasOnly) endWithUsage();
if (tls && !campaign.hasTls) endWithUsage();
const runs = Number(values.runs ?? campaign.fullRuns);
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 32));
console.error(
  `${name}${tls ? ' over TLS' : ''}: ${campaign.describe}; ${runs} runs, seed ${seed}, Node ${process.version}`,
);
const startedAt = performance.now();
const { figures, failures } = await campaign.run({
  runs,
  seed,
  tls,
  ...(only === undefined ? {} : { only }),
  log: (line) => console.error(line),
});
for (const failure of failures) console.error(`FAILED ${failure}`);
const seconds = ((performance.now() - startedAt) / 1_000).toFixed(0);
const counted = Object.entries(figures).map(([what, count]) => `${what} ${count}`);
console.log(
  `${name}: ${[...counted, `failures ${failures.length}`, `seed ${seed}`, `${seconds} s`].join(', ')}`,
);
process.exit(failures.length === 0 ? 0 : 1);
