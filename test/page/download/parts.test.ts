import { expect, test } from 'vitest';
import type { State } from '#sealift/page/download/download.js';
import type { Failure } from '#sealift/page/download/failure.js';
import { countsOf, headlineOf } from '#sealift/page/download/item-text.js';
import { Queue } from '#sealift/page/download/queue.js';
import { Rate } from '#sealift/page/download/rate.js';
import { md5OfReprDigest } from '#sealift/page/download/repr-digest.js';
import { throttle } from '#sealift/page/download/throttle.js';
import { md5 } from '../../helpers/files.js';

test('the MD5 is found in a Repr-Digest field, and nowhere else', () => {
  const base64 = Buffer.from(md5('x'), 'hex').toString('base64');
  for (const field of [
    `md5=:${base64}:`,
    `sha-256=:AAAA:, md5=:${base64}:`,
    `md5=:${base64}:;q=1, sha-256=:AAAA:`,
    ` md5 = :${base64}: `,
  ]) {
    expect(md5OfReprDigest(field), field).toBe(md5('x'));
  }
  const none = [
    '',
    base64,
    `md5=${base64}`,
    `xmd5=:${base64}:`,
    'md5=:AAAA:',
    `sha-256=:${base64}:`,
    `md5=:${base64}:x`,
  ];
  for (const field of [null, ...none]) expect(md5OfReprDigest(field), String(field)).toBe(null);
});

/** Jobs that end when they are told to. */
function jobs() {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const run = (name: string) => () =>
    new Promise<void>((resolve) => {
      begun.push(name);
      ends.set(name, resolve);
    });
  const end = async (name: string) => {
    ends.get(name)?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { begun, run, end };
}

test('a queue runs so many at once, in order, and forgets those that are taken out', async () => {
  const { begun, run, end } = jobs();
  const queue = new Queue(2, 100);
  const takeOut = ['a', 'b', 'c', 'd'].map((name) => queue.add(0, run(name)));
  expect(begun).toEqual(['a', 'b']);
  expect(takeOut[2]?.()).toBe(true);
  expect(takeOut[2]?.()).toBe(false);
  expect(takeOut[0]?.()).toBe(false);
  await end('b');
  expect(begun).toEqual(['a', 'b', 'd']);
});

test('a queue runs no more together than may be held in memory', async () => {
  const { begun, run, end } = jobs();
  const queue = new Queue(3, 100);
  const takeOut = [60, 50, 30].map((weight) => queue.add(weight, run(String(weight))));
  expect(begun).toEqual(['60']);
  takeOut[1]?.();
  expect(begun).toEqual(['60', '30']);
  queue.add(20, run('20'));
  await end('60');
  expect(begun).toEqual(['60', '30', '20']);
});

test('the rate is steady where bytes come in bursts, and follows', () => {
  const rate = new Rate(500, 0);
  rate.update(900, 100);
  expect([rate.perSecond, rate.secondsFor(1)]).toEqual([null, null]);
  for (let second = 1; second <= 20; second++) rate.update(500 + 1_000 * second, second * 1_000);
  expect(rate.perSecond).toBeCloseTo(1_000);
  expect(rate.secondsFor(5_000)).toBeCloseTo(5);
  for (let second = 21; second <= 60; second++) rate.update(20_500, second * 1_000);
  expect(rate.perSecond).toBeLessThan(1);
});

test('a tally counts what became of each', () => {
  const failed = (failure: Failure) => ({ kind: 'failed' as const, failure });
  const damaged = failed({ kind: 'damaged', expected: 'a', received: 'b' });
  const verified = { kind: 'verified' as const, md5: 'a', size: 1, savedAs: null };
  const told = (states: State[]) =>
    countsOf(states)
      .map(({ text }) => text)
      .join(', ');
  expect(told([verified, damaged, verified, { kind: 'waiting' }, { kind: 'asked' }])).toBe(
    '2 verified, 1 rejected, 2 under way',
  );
  expect(told([failed({ kind: 'refused', status: 404, detail: '' }), failed({ kind: 'cancelled' })])).toBe(
    '1 failed, 1 cancelled',
  );
  expect(headlineOf(damaged)).toBe('Rejected – nothing was saved');
});

test('a throttle tells the first at once, and the last in any case', async () => {
  const told: number[] = [];
  await new Promise<void>((resolve) => {
    const throttled = throttle(1, (value: number) => {
      told.push(value);
      if (value === 99) resolve();
    });
    for (let value = 0; value < 100; value++) throttled.call(value);
    expect(told).toEqual([0]);
  });
  expect(told).toEqual([0, 99]);
});

test('a throttle that is stopped tells nothing more', async () => {
  const told: number[] = [];
  const throttled = throttle(1, (value: number) => void told.push(value));
  for (const value of [1, 2]) throttled.call(value);
  throttled.stop();
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(told).toEqual([1]);
});
