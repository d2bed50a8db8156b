const CONCURRENCY = 'test/hostile/concurrency.test.ts';

/** @type {import('./guard.js').Guard[]} */
export const resumeGuards = [];
