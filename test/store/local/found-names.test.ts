import { expect, test } from 'vitest';
import { FoundNames } from '#sealift/store/local/found-names.js';

const names = (count: number, from = 0) => Array.from({ length: count }, (_, nth) => `f${from + nth}`);

test('names are handed over by the batch, and what is left when no more come', async () => {
  const found = new FoundNames();
  found.add(names(200));
  const waiting = [found.next(), found.next(), found.next()];
  found.add(names(100, 200));
  expect(await waiting[0]).toEqual(names(256));
  found.end();
  expect(await waiting[1]).toEqual(names(44, 256));
  expect(await waiting[2]).toBeNull();
  expect(await found.next()).toBeNull();
  expect(found.isWhole).toBe(true);
});

test('nobody waits for names that do not come', async () => {
  const found = new FoundNames();
  const next = found.next();
  found.end();
  expect(await next).toBeNull();
});

test('there is room for so many and no more; that some were dropped is told', async () => {
  const found = new FoundNames();
  const long = 'x'.repeat(1_000);
  for (let nth = 0; nth < 20; nth++) found.add(names(1_000).map((name) => name + long));
  found.end();
  expect(found.isWhole).toBe(false);
  let count = 0;
  for (let some = await found.next(); some !== null; some = await found.next()) count += some.length;
  expect(count).toBeGreaterThan(15_000);
  expect(count).toBeLessThan(17_500);
});

test('it need not be said that all were dropped: one that was not handed over is enough', () => {
  const found = new FoundNames();
  found.add(['a']);
  found.miss();
  expect(found.isWhole).toBe(false);
});
