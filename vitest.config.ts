import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // The built program is what is tested; it runs as Node runs it, not as a bundler reads it.
    server: { deps: { external: [/\/dist\//] } },
    pool: 'forks',
    // Half of the time tests wait, for a deadline or another process.
    maxWorkers: 3,
    // Generous: a machine that is busy with something else is no failure.
    testTimeout: 90_000,
    hookTimeout: 60_000,
    reporters: [process.env.CI ? 'default' : 'dot', './test/helpers/tally-reporter.ts'],
  },
});
