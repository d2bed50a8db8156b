import { readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { Assembly } from '#sealift/client/assembly.js';
import { PartFile } from '#sealift/client/part-file.js';
import { TargetFolder } from '#sealift/client/target-folder.js';
import { WholeDigest } from '#sealift/client/whole-digest.js';
import { createBlake3 } from '#sealift/digest/index.js';
import { CHUNK, digestsOf, everythingIn, md5, someBytes } from '../helpers/files.js';
import { tempFolder } from '../helpers/temp-folder.js';

const SEED = 20_260_104;
const BODY = someBytes(3 * CHUNK + 777, 12);
const { manifest: MANIFEST } = digestsOf(BODY);

async function newAssembly(size = BODY.length) {
  const base = tempFolder();
  const folder = await TargetFolder.open(base, [], true);
  const part = await PartFile.create(folder, 'f', null);
  onTestFinished(async () => {
    await part.discard();
    await folder.close();
  });
  const whole = await WholeDigest.create(undefined, size);
  const assembly = await Assembly.create(part, size, whole);
  return { assembly, whole, part, onDisk: () => readFileSync(join(base, everythingIn(base)[0] ?? '')), base };
}

/** Hands over the whole chunks of a range of `bytes`, as a connection does that ends at `end`. */
async function receive(assembly: Assembly, bytes: Buffer, start: number, end: number) {
  const accepted: Promise<void>[] = [];
  for (let at = start; at < end; at += CHUNK) {
    const behind = Math.min(assembly.size, at + CHUNK);
    // What broke within a chunk is not handed over.
    if (behind <= end) accepted.push(assembly.accept(Buffer.from(bytes.subarray(at, behind)), at));
  }
  await Promise.all(accepted);
}

async function mendAll(assembly: Assembly) {
  const hash = await createBlake3();
  for (let bad = assembly.map.nextBad(); bad !== null; bad = assembly.map.nextBad()) {
    const { start, end } = assembly.map.range(bad);
    const right = BODY.subarray(start, end);
    hash.reset();
    hash.update(right);
    await assembly.mend(bad, right, hash.bytes());
  }
}

async function expectComplete({ assembly, onDisk }: Awaited<ReturnType<typeof newAssembly>>) {
  expect(await assembly.digest('md5')).toBe(md5(BODY));
  expect(assembly.map.haveBytes).toBe(BODY.length);
  expect(onDisk().equals(BODY)).toBe(true);
}

test('from the start to the end, with the manifest before, between, after, or never', async () => {
  for (const when of ['before', 'between', 'after', 'never']) {
    const made = await newAssembly();
    const { assembly } = made;
    if (when === 'before') assembly.prove(MANIFEST);
    await receive(assembly, BODY, 0, 2 * CHUNK);
    if (when === 'between') assembly.prove(MANIFEST);
    await receive(assembly, BODY, 2 * CHUNK, BODY.length);
    if (when === 'after') assembly.prove(MANIFEST);
    expect(made.whole.position).toBe(BODY.length);
    await expectComplete(made);
  }
});

test('a file of one chunk has no digests of chunks', async () => {
  const { assembly } = await newAssembly(5);
  await receive(assembly, Buffer.from('hello'), 0, 5);
  expect(assembly.map.haveBytes).toBe(5);
  expect(await assembly.digest('md5')).toBe(md5('hello'));
});

test('what a broken connection left of a chunk does not count', async () => {
  const made = await newAssembly();
  const { assembly } = made;
  await receive(assembly, BODY, 0, CHUNK + 5_000);
  expect(assembly.map.nextGap()).toEqual({ start: CHUNK, end: BODY.length });
  await receive(assembly, BODY, CHUNK, BODY.length);
  await expectComplete(made);
});

test('chunks in any order, several at a time: the whole digest goes on from the disk', async () => {
  const made = await newAssembly();
  const { assembly } = made;
  await Promise.all(
    [3, 1, 0, 2].map((index) =>
      receive(assembly, BODY, index * CHUNK, Math.min(BODY.length, (index + 1) * CHUNK)),
    ),
  );
  await expectComplete(made);
});

test('a hashing thread that dies in the middle: what it took is hashed again from the disk', async () => {
  const { part } = await newAssembly();
  const dies =
    'require("worker_threads").parentPort.on("message", ({ kind }) => kind === "update" && process.exit(1))';
  const whole = await WholeDigest.create(undefined, 1 << 30, () => new Worker(dies, { eval: true }));
  const assembly = await Assembly.create(part, BODY.length, whole);
  await receive(assembly, BODY, 0, BODY.length);
  expect(await assembly.digest('md5')).toBe(md5(BODY));
});

test('where chunks alone decide there is no digest of the whole', async () => {
  const { part } = await newAssembly();
  const assembly = await Assembly.create(part, BODY.length, null);
  assembly.prove(MANIFEST);
  await receive(assembly, BODY, 0, BODY.length);
  expect([0, 1, 2, 3].every((index) => assembly.map.isGood(index))).toBe(true);
});

test('a part file that somebody cuts short meanwhile is an error, not an endless loop', async () => {
  const { assembly, base } = await newAssembly();
  assembly.prove(MANIFEST);
  await receive(assembly, BODY, CHUNK, BODY.length);
  truncateSync(join(base, everythingIn(base)[0] ?? ''), CHUNK);
  await receive(assembly, BODY, 0, CHUNK);
  await expect(assembly.digest('md5')).rejects.toMatchObject({ code: 'LOCAL_IO' });
});

test('what is given up touches the part file no more', async () => {
  const { assembly, part } = await newAssembly();
  await part.write(BODY, 0);
  assembly.prove(MANIFEST);
  assembly.map.found(BODY.length);
  let looked = 0;
  assembly.lookAtFound(() => looked++);
  await assembly.settled();
  // Not all of it was read before.
  expect(assembly.map.nextFound(0)).not.toBeNull();
  expect(looked).toBe(0);
});

const chunk = fc.integer({ min: 0, max: 3 });
const step = fc.oneof(
  fc.record({ does: fc.constant('prove' as const) }),
  fc.record({ does: fc.constant('break' as const), at: fc.double({ min: 0, max: 1, noNaN: true }) }),
  fc.record({ does: fc.constant('mend' as const) }),
);

test(`pieces, broken connections, found parts and damage, in any order (seed ${SEED})`, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        found: fc.integer({ min: 0, max: 4 }),
        rotten: fc.uniqueArray(chunk, { maxLength: 2 }),
        damaged: fc.uniqueArray(chunk, { maxLength: 2 }),
        steps: fc.array(step, { maxLength: 6 }),
      }),
      async ({ found, rotten, damaged, steps }) => {
        const made = await newAssembly();
        const { assembly, part } = made;
        const spoil = (chunks: number[]) => {
          const bytes = Buffer.from(BODY);
          for (const index of chunks) bytes[index * CHUNK + 5] = (bytes[index * CHUNK + 5] ?? 0) ^ 4;
          return bytes;
        };
        const wire = spoil(damaged);
        if (found > 0) {
          const there = Math.min(BODY.length, found * CHUNK);
          await part.write(spoil(rotten).subarray(0, there), 0);
          assembly.prove(MANIFEST);
          assembly.map.found(there);
          assembly.lookAtFound(() => {});
        }
        for (const next of steps) {
          if (next.does === 'prove') assembly.prove(MANIFEST);
          else if (next.does === 'mend') await mendAll(assembly);
          else {
            const gap = assembly.map.nextGap();
            if (gap)
              await receive(
                assembly,
                wire,
                gap.start,
                gap.start + Math.floor((gap.end - gap.start) * next.at),
              );
          }
        }
        await assembly.looked();
        for (let gap = assembly.map.nextGap(); gap !== null; gap = assembly.map.nextGap()) {
          await receive(assembly, wire, gap.start, gap.end);
        }
        if (!assembly.map.hasManifest) assembly.prove(MANIFEST);
        await mendAll(assembly);
        await expectComplete(made);
      },
    ),
    { seed: SEED, numRuns: 60 },
  );
});
