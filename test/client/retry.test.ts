import { expect, test, vi } from 'vitest';
import { type Retry, withRetry } from '#sealift/client/retry.js';
import { type ErrorCode, SealiftError } from '#sealift/errors/index.js';

async function attempts(code: ErrorCode, failures: number, options: Parameters<typeof withRetry>[1] = {}) {
  vi.useFakeTimers({ toFake: ['setTimeout'] });
  let count = 0;
  const retries: Retry[] = [];
  const outcome = withRetry(
    async () => {
      if (count++ < failures) throw new SealiftError(code, 'broken');
      return 'done';
    },
    { onRetry: (retry) => retries.push(retry), ...options },
  ).catch((error: SealiftError) => error.code);
  const result = await outcome.finally(() => vi.useRealTimers());
  return { result, count, retries };
}

test('a success is not tried again, and one failure is', async () => {
  expect(await attempts('NETWORK', 0)).toMatchObject({ result: 'done', count: 1 });
  expect(await attempts('NETWORK', 1)).toMatchObject({ result: 'done', count: 2 });
  expect(await attempts('BUSY', 1)).toMatchObject({ result: 'done', count: 2 });
});

test('five retries, each after a longer time, and no more', async () => {
  const { result, count, retries } = await attempts('NETWORK', 99);
  expect({ result, count }).toEqual({ result: 'NETWORK', count: 6 });
  for (const [at, { attempt, of, delay }] of retries.entries()) {
    expect({ attempt, of }).toEqual({ attempt: at + 1, of: 5 });
    expect(delay).toBeGreaterThanOrEqual(100 * 2 ** at);
    expect(delay).toBeLessThanOrEqual(200 * 2 ** at);
  }
});

test.each(['CORRUPT', 'NOT_FOUND', 'TIMEOUT', 'PROTOCOL', 'ABORTED', 'EXISTS', 'CHANGED'] as const)(
  '%s is not tried again',
  async (code) => {
    expect(await attempts(code, 99)).toMatchObject({ result: code, count: 1 });
  },
);

test('not where retrying is not allowed, nor after an abort', async () => {
  expect(await attempts('NETWORK', 99, { mayRetry: () => false })).toMatchObject({ count: 1 });
  const abort = new AbortController();
  const aborting = attempts('NETWORK', 99, { signal: abort.signal, onRetry: () => abort.abort() });
  expect(await aborting).toMatchObject({ result: 'ABORTED', count: 1 });
});
