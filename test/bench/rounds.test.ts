import { expect, test } from 'vitest';
import { interleaved } from '../../bench/measure/rounds.js';

const contender = (name: string, order: string[], seconds: number) => ({
  name,
  measure: async () => {
    order.push(name);
    return { seconds, cpuSeconds: null, serverCpuSeconds: null, peakBytes: null };
  },
});

test('each has a turn in each round, and each round begins with another one', async () => {
  const order: string[] = [];
  const contenders = ['a', 'b', 'c'].map((name, number) => contender(name, order, number));
  const timings = await interleaved(contenders, 3, () => {});
  expect(order.join('')).toBe('abcbcacab');
  expect([...timings].map(([name, runs]) => [name, runs.map(({ seconds }) => seconds)])).toEqual([
    ['a', [0, 0, 0]],
    ['b', [1, 1, 1]],
    ['c', [2, 2, 2]],
  ]);
});

test('a wrong result ends it', async () => {
  const wrong = { name: 'wrong', measure: () => Promise.reject(new Error('other bytes')) };
  await expect(interleaved([wrong], 5, () => {})).rejects.toThrow('other bytes');
});
