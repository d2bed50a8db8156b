import { createHash } from 'node:crypto';
import { blake3 } from '@napi-rs/blake-hash';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { WholeDigest } from '#sealift/client/whole-digest.js';
import { md5, someBytes } from '../helpers/files.js';

const SEED = 20_260_103;
const BYTES = someBytes(4_000, 8);

function digestOf(algorithm: 'md5' | 'sha256' | 'blake3', bytes: Buffer): string {
  if (algorithm === 'blake3') return blake3(bytes).toString('hex');
  return createHash(algorithm).update(bytes).digest('hex');
}

test('only the next bytes are taken', async () => {
  const whole = await WholeDigest.create(undefined);
  whole.take(BYTES.subarray(10, 20), 10);
  expect(whole.position).toBe(0);
  whole.take(BYTES.subarray(0, 10), 0);
  whole.take(BYTES.subarray(0, 10), 0);
  whole.take(BYTES.subarray(5, 20), 5);
  expect(whole.position).toBe(10);
  whole.take(BYTES.subarray(10, 20), 10);
  expect(whole.md5()).toBe(md5(BYTES.subarray(0, 20)));
  // Asking does not end it.
  whole.take(BYTES.subarray(20), 20);
  expect(whole.md5()).toBe(md5(BYTES));
  expect(whole.hex('md5')).toBe(md5(BYTES));
});

test('of nothing', async () => {
  const whole = await WholeDigest.create('sha256');
  expect(whole.md5()).toBe(md5(''));
  expect(whole.hex('sha256')).toBe(digestOf('sha256', Buffer.alloc(0)));
});

test('an algorithm that was not asked for is a bug', async () => {
  const whole = await WholeDigest.create('blake3');
  expect(() => whole.hex('sha256')).toThrow('not asked for');
});

describe.each(['md5', 'sha256', 'blake3'] as const)('%s', (algorithm) => {
  test('goes back to a mark, and to the start where there is none before', async () => {
    const whole = await WholeDigest.create(algorithm);
    const hasMarks = algorithm !== 'blake3';
    whole.take(BYTES.subarray(0, 1_000), 0);
    whole.mark();
    whole.take(Buffer.from('damaged'), 1_000);
    whole.rewind(1_000);
    expect(whole.position).toBe(hasMarks ? 1_000 : 0);
    whole.take(BYTES.subarray(whole.position), whole.position);
    expect(whole.md5()).toBe(md5(BYTES));
    whole.rewind(500);
    expect(whole.position).toBe(0);
    whole.take(BYTES, 0);
    // To a place ahead there is nothing to go back to.
    whole.rewind(BYTES.length + 1);
    expect(whole.position).toBe(BYTES.length);
    expect(whole.hex(algorithm)).toBe(digestOf(algorithm, BYTES));
    expect(whole.hex(algorithm)).toBe(digestOf(algorithm, BYTES));
  });

  test('what was told once is not told again of other bytes', async () => {
    const whole = await WholeDigest.create(algorithm);
    whole.mark();
    whole.take(Buffer.from('one file'), 0);
    expect(whole.hex(algorithm)).toBe(digestOf(algorithm, Buffer.from('one file')));
    whole.rewind(0);
    whole.take(BYTES, 0);
    expect(whole.hex(algorithm)).toBe(digestOf(algorithm, BYTES));
  });

  test(`whoever offers what, in whatever order, with rewinds (seed ${SEED})`, async () => {
    const place = fc.integer({ min: 0, max: BYTES.length });
    const step = fc.oneof(
      fc.record({ does: fc.constant('offer' as const), from: place, to: place }),
      fc.record({ does: fc.constant('next' as const), count: fc.integer({ min: 0, max: 900 }) }),
      fc.record({ does: fc.constant('garbage' as const) }),
      fc.record({ does: fc.constant('rewind' as const), to: place }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const whole = await WholeDigest.create(algorithm);
        for (const step of steps) {
          const before = whole.position;
          if (step.does === 'offer')
            whole.take(BYTES.subarray(step.from, Math.max(step.from, step.to)), step.from);
          else if (step.does === 'next') whole.take(BYTES.subarray(before, before + step.count), before);
          else if (step.does === 'rewind') {
            whole.rewind(step.to);
            expect(whole.position).toBeLessThanOrEqual(Math.max(0, Math.min(before, step.to)));
          } else {
            // Bytes that turn out to be wrong, as a chunk is: from a mark on.
            whole.mark();
            whole.take(Buffer.from('garbage'), before);
            whole.rewind(before);
          }
          expect(whole.md5()).toBe(md5(BYTES.subarray(0, whole.position)));
        }
        whole.take(BYTES.subarray(whole.position), whole.position);
        expect(whole.hex(algorithm)).toBe(digestOf(algorithm, BYTES));
      }),
      { seed: SEED, numRuns: 60 },
    );
  });
});
