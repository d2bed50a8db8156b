import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // The built program is what is tested; it runs as Node runs it, not as a bundler reads it.
    server: { deps: { external: [/\/dist\//] } },
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    reporters: [process.env.CI ? 'default' : 'dot', './test/helpers/tally-reporter.ts'],
  },
});
