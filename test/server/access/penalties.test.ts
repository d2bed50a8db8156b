import { expect, test } from 'vitest';
import { Penalties } from '#sealift/server/access/penalties.js';

const LONG = { wrongTokenDelay: 60_000, wrongTokenDelayMax: 600_000 };
const SHORT = { wrongTokenDelay: 20, wrongTokenDelayMax: 80 };
const wrong = () => false;
const right = () => true;

test('whoever was never wrong does not wait', async () => {
  const penalties = new Penalties(LONG);
  expect(await penalties.attempt('192.0.2.1', right)).toBe(true);
  expect(await penalties.attempt('192.0.2.1', right)).toBe(true);
});

test('after a wrong token the address waits, or is refused without a look at what it shows', async () => {
  const penalties = new Penalties(LONG);
  expect(await penalties.attempt('192.0.2.1', wrong)).toBe(false);
  let looks = 0;
  const look = () => ++looks > 0;
  await expect(penalties.attempt('192.0.2.1', look)).rejects.toMatchObject({
    code: 'UNAUTHORIZED',
    message: 'too many wrong tokens from your address; try again in 60 s',
  });
  expect(looks).toBe(0);
  expect(await penalties.attempt('192.0.2.2', right)).toBe(true);
});

test('the wait is doubled with each wrong token, up to the longest one', async () => {
  const penalties = new Penalties({ wrongTokenDelay: 20, wrongTokenDelayMax: 50 });
  const waits: number[] = [];
  for (let at = 0; at < 4; at++) {
    const before = performance.now();
    await penalties.attempt('192.0.2.1', wrong);
    waits.push(performance.now() - before);
  }
  expect(waits[1]).toBeGreaterThanOrEqual(19);
  expect(waits[2]).toBeGreaterThanOrEqual(39);
  expect(waits[3]).toBeGreaterThanOrEqual(49);
});

test('of many at once one is looked at', async () => {
  const penalties = new Penalties(LONG);
  let looks = 0;
  const look = () => ++looks === 0;
  const attempts = Array.from({ length: 30 }, () => penalties.attempt('192.0.2.1', look));
  const outcomes = await Promise.allSettled(attempts);
  expect(outcomes.filter(({ status }) => status === 'rejected').length).toBe(29);
  expect(looks).toBe(1);
});

test('a right token ends the wait of all', async () => {
  const penalties = new Penalties(SHORT);
  await penalties.attempt('192.0.2.1', wrong);
  const outcomes = await Promise.all(Array.from({ length: 8 }, () => penalties.attempt('192.0.2.1', right)));
  expect(outcomes).toEqual(Array(8).fill(true));
  expect(await penalties.attempt('192.0.2.1', wrong)).toBe(false);
  expect(await penalties.attempt('192.0.2.1', right)).toBe(true);
});

test('who leaves does not wait', async () => {
  const penalties = new Penalties({ wrongTokenDelay: 20_000, wrongTokenDelayMax: 20_000 });
  await penalties.attempt('192.0.2.1', wrong);
  const gone = new AbortController();
  const attempt = penalties.attempt('192.0.2.1', right, gone.signal);
  gone.abort();
  await expect(attempt).rejects.toMatchObject({ code: 'ABORTED' });
});

test.each([
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::1', '2001:db8:1:3::1'],
  ['2001:db8::1', '2001:db8:0:0:ffff::2', '2001:db8:0:1::1'],
  ['::ffff:192.0.2.1', '192.0.2.1', '192.0.2.2'],
  ['fe80::1%eth0', 'fe80::2', 'fe80:0:0:1::2'],
])('one household is one address: %s and %s, not %s', async (first, same, other) => {
  const penalties = new Penalties(LONG);
  await penalties.attempt(first, wrong);
  await expect(penalties.attempt(same, right)).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
  expect(await penalties.attempt(other, right)).toBe(true);
});

test('of many addresses the one that was wrong last is remembered, and memory is bounded', async () => {
  const penalties = new Penalties(LONG);
  const addressOf = (at: number) => `10.${at >> 16}.${(at >> 8) & 255}.${at & 255}`;
  for (let at = 0; at < 10_001; at++) await penalties.attempt(addressOf(at), wrong);
  expect(await penalties.attempt(addressOf(0), right)).toBe(true);
  await expect(penalties.attempt(addressOf(10_000), right)).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
});
