import { createHash } from 'node:crypto';
import { blake3 } from '@napi-rs/blake-hash';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { WholeDigest } from '#sealift/client/whole-digest.js';
import { md5, someBytes } from '../helpers/files.js';

const SEED = 20_260_103;
const BYTES = someBytes(4_000, 8);

function digestOf(algorithm: 'md5' | 'sha256' | 'blake3', bytes: Buffer): string {
  if (algorithm === 'blake3') return blake3(bytes).toString('hex');
  return createHash(algorithm).update(bytes).digest('hex');
}

/** Of files that are hashed on this thread, and on one of their own. */
const SIZES = { small: BYTES.length, large: 1 << 30 };

async function create(
  other: Parameters<typeof WholeDigest.create>[0],
  size = SIZES.small,
): Promise<WholeDigest> {
  const whole = await WholeDigest.create(other, size);
  onTestFinished(() => whole.close());
  return whole;
}

test.each(Object.entries(SIZES))('only the next bytes are taken: a %s file', async (_, size) => {
  const whole = await create(undefined, size);
  whole.take(BYTES.subarray(10, 20), 10);
  expect(whole.position).toBe(0);
  await whole.take(BYTES.subarray(0, 10), 0);
  expect(whole.take(BYTES.subarray(0, 10), 0)).toBeUndefined();
  expect(whole.take(BYTES.subarray(5, 20), 5)).toBeUndefined();
  expect(whole.position).toBe(10);
  await whole.take(BYTES.subarray(10), 10);
  expect(await whole.md5()).toBe(md5(BYTES));
  expect(await whole.hex('md5')).toBe(md5(BYTES));
  expect(() => whole.take(BYTES, BYTES.length)).toThrow('told already');
});

test('of nothing', async () => {
  const whole = await create('sha256');
  expect(await whole.md5()).toBe(md5(''));
  expect(await whole.hex('sha256')).toBe(digestOf('sha256', Buffer.alloc(0)));
});

test('an algorithm that was not asked for is a bug', async () => {
  const whole = await create('blake3');
  await expect(whole.hex('sha256')).rejects.toThrow('not asked for');
});

const cases = (['md5', 'sha256', 'blake3'] as const).flatMap((algorithm) =>
  Object.entries(SIZES).map(([kind, size]) => ({ algorithm, kind, size })),
);

describe.each(cases)('$algorithm of a $kind file', ({ algorithm, size }) => {
  test('goes back to the start', async () => {
    const whole = await create(algorithm, size);
    await whole.take(BYTES.subarray(0, 1_000), 0);
    // To a place ahead there is nothing to go back to.
    whole.rewind(1_000);
    expect(whole.position).toBe(1_000);
    await whole.take(Buffer.from('damaged'), 1_000);
    whole.rewind(1_000);
    expect(whole.position).toBe(0);
    await whole.take(BYTES, 0);
    expect(await whole.hex(algorithm)).toBe(digestOf(algorithm, BYTES));
    expect(await whole.hex(algorithm)).toBe(digestOf(algorithm, BYTES));
  });

  test('what was told once is not told again of other bytes', async () => {
    const whole = await create(algorithm, size);
    await whole.take(Buffer.from('one file'), 0);
    expect(await whole.hex(algorithm)).toBe(digestOf(algorithm, Buffer.from('one file')));
    whole.rewind(0);
    await whole.take(BYTES, 0);
    expect(await whole.hex(algorithm)).toBe(digestOf(algorithm, BYTES));
  });

  test('so is nothing', async () => {
    const whole = await create(algorithm, size);
    expect(await whole.hex(algorithm)).toBe(digestOf(algorithm, Buffer.alloc(0)));
    whole.rewind(0);
    await whole.take(BYTES, 0);
    expect(await whole.hex(algorithm)).toBe(digestOf(algorithm, BYTES));
  });

  test(`whoever offers what, in whatever order, with rewinds (seed ${SEED})`, async () => {
    const place = fc.integer({ min: 0, max: BYTES.length });
    const step = fc.oneof(
      fc.record({ does: fc.constant('offer' as const), from: place, to: place }),
      fc.record({ does: fc.constant('next' as const), count: fc.integer({ min: 0, max: 900 }) }),
      fc.record({ does: fc.constant('rewind' as const), to: place }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const whole = await WholeDigest.create(algorithm, size);
        for (const step of steps) {
          const before = whole.position;
          if (step.does === 'offer')
            whole.take(BYTES.subarray(step.from, Math.max(step.from, step.to)), step.from);
          else if (step.does === 'next') whole.take(BYTES.subarray(before, before + step.count), before);
          else whole.rewind(step.to);
        }
        whole.take(BYTES.subarray(whole.position), whole.position);
        expect(await whole.hex(algorithm)).toBe(digestOf(algorithm, BYTES));
        whole.close();
      }),
      { seed: SEED, numRuns: 60 },
    );
  });
});
