import { expect, test } from 'vitest';
import { DEFAULT_RETRY, type Retry, type RetryOptions, withRetry } from '#sealift/client/retry.js';
import { abortedError, type ErrorCode, SealiftError } from '#sealift/errors/index.js';

/** As many as usual, and no time between them. */
const SHORT = { ...DEFAULT_RETRY, delay: 4 };

/** Runs something that fails `failures` times. `reach` is how far it is after each try, 0 if not given. */
async function attempts(
  code: ErrorCode,
  failures: number,
  { reach = [], ...options }: Partial<RetryOptions> & { reach?: number[] } = {},
) {
  let count = 0;
  let reached = 0;
  const retries: Retry[] = [];
  const outcome = withRetry(
    async () => {
      reached = reach[count] ?? reached;
      if (count++ < failures) throw new SealiftError(code, 'broken');
      return 'done';
    },
    {
      policy: SHORT,
      progress: () => reached,
      onRetry: (retry) => retries.push(retry),
      ...options,
    },
  ).catch((error: SealiftError) => error.code);
  return { result: await outcome, count, retries };
}

test.each(['NETWORK', 'BUSY', 'TIMEOUT'] as const)('%s is tried again, a success is not', async (code) => {
  expect(await attempts(code, 0)).toMatchObject({ result: 'done', count: 1 });
  expect(await attempts(code, 1)).toMatchObject({ result: 'done', count: 2 });
});

test('five retries, each after a longer time, and no more', async () => {
  expect(DEFAULT_RETRY).toEqual({ retries: 5, delay: 200 });
  const { result, count, retries } = await attempts('NETWORK', 99);
  expect({ result, count }).toEqual({ result: 'NETWORK', count: 6 });
  for (const [at, { attempt, of, delay }] of retries.entries()) {
    expect({ attempt, of }).toEqual({ attempt: at + 1, of: 5 });
    expect(delay).toBeGreaterThanOrEqual((SHORT.delay / 2) * 2 ** at);
    expect(delay).toBeLessThanOrEqual(SHORT.delay * 2 ** at);
  }
});

test('as many as the policy says, beginning with its delay; none at all too', async () => {
  const { count, retries } = await attempts('NETWORK', 99, { policy: { retries: 2, delay: 10 } });
  expect(count).toBe(3);
  expect(retries[0]?.delay).toBeLessThanOrEqual(10);
  expect(await attempts('NETWORK', 99, { policy: { retries: 0, delay: 10 } })).toMatchObject({ count: 1 });
});

test('the count starts anew after progress, and only after progress', async () => {
  // Two tries without, then one that got on, then five without.
  const { count, retries } = await attempts('NETWORK', 99, { reach: [0, 0, 5] });
  expect(retries.map(({ attempt }) => attempt)).toEqual([1, 2, 1, 2, 3, 4, 5]);
  expect(count).toBe(8);
  // What was lost and comes again is no progress.
  const again = await attempts('NETWORK', 99, { reach: [5, 0, 4, 5] });
  expect(again.retries.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4, 5]);
});

test.each([
  'CORRUPT',
  'NOT_FOUND',
  'INTERNAL',
  'PROTOCOL',
  'ABORTED',
  'EXISTS',
  'CHANGED',
  'FORBIDDEN',
] as const)('%s is not tried again', async (code) => {
  expect(await attempts(code, 99)).toMatchObject({ result: code, count: 1 });
});

test('what is no error of Sealift is thrown as it is', async () => {
  let count = 0;
  const bug = new TypeError('a bug');
  const failing = withRetry(
    async () => {
      count++;
      throw bug;
    },
    { policy: SHORT },
  );
  await expect(failing).rejects.toBe(bug);
  expect(count).toBe(1);
});

test('not where retrying is not allowed, nor after an abort', async () => {
  expect(await attempts('NETWORK', 99, { mayRetry: () => false })).toMatchObject({ count: 1 });
  const abort = new AbortController();
  const aborting = attempts('NETWORK', 99, { signal: abort.signal, onRetry: () => abort.abort() });
  expect(await aborting).toMatchObject({ result: abortedError().code, count: 1 });
});
