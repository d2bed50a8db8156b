import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { CLOCK_TICK_MS, settledStats } from '#sealift/store/local/settled-stats.js';
import { tempFolder } from '../../helpers/temp-folder.js';

async function fileWrittenNow() {
  const handle = await open(join(tempFolder(), 'f'), 'w+');
  onTestFinished(() => handle.close());
  await handle.write('x');
  return handle;
}

test('a file that was written to just now is not used before the clock has ticked', async () => {
  for (let round = 0; round < 10; round++) {
    const { ctimeNs, mtimeNs } = await settledStats(await fileWrittenNow(), 'f');
    for (const time of [ctimeNs, mtimeNs]) {
      expect(Date.now() - Number(time / 1_000_000n)).toBeGreaterThanOrEqual(CLOCK_TICK_MS);
    }
  }
});

test('a file that is written to all the while is given up after five looks', async () => {
  const handle = await fileWrittenNow();
  const look = handle.stat.bind(handle);
  let looks = 0;
  handle.stat = (async () => {
    looks++;
    await handle.write('x');
    return look({ bigint: true });
  }) as typeof handle.stat;
  await expect(settledStats(handle, 'f')).rejects.toMatchObject({ code: 'CHANGED' });
  expect(looks).toBe(5);
});
