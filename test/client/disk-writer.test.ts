import { type FileHandle, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { DiskWriter } from '#sealift/client/disk-writer.js';
import { someBytes } from '../helpers/files.js';
import { tempFolder } from '../helpers/temp-folder.js';

/** A real file, and a count of the writes that another thread is asked for. */
async function fileOf() {
  const path = join(await tempFolder(), 'file');
  const handle = await open(path, 'w+');
  onTestFinished(() => handle.close().catch(() => {}));
  const counting = {
    fd: handle.fd,
    elsewhere: 0,
    write(...args: [Buffer, number, number, number]) {
      counting.elsewhere++;
      return handle.write(...args);
    },
  };
  return { path, counting, writer: new DiskWriter(counting as unknown as FileHandle, path) };
}

/** Each look at the clock shows so many milliseconds more. */
function everyLook(takes: () => number) {
  let now = 0;
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => (now += takes()));
  onTestFinished(() => clock.mockRestore());
}

test('bytes go where they belong, whichever thread writes them', async () => {
  const { path, writer } = await fileOf();
  const content = someBytes(100_000);
  const pieces = Array.from({ length: 10 }, (_, nth) => nth * 10_000).reverse();
  let look = 0;
  // Two writes here, two elsewhere.
  everyLook(() => (look++ % 8 < 4 ? 0 : 1_000));
  for (const at of pieces) await writer.write(content.subarray(at, at + 10_000), at);
  expect(await readFile(path)).toEqual(content);
});

test('what follows a slow write is written elsewhere, until one is quick', async () => {
  const { counting, writer } = await fileOf();
  let took = 0;
  everyLook(() => took);
  const elsewhereAfter = async (milliseconds: number) => {
    took = milliseconds;
    await writer.write(Buffer.alloc(10), 0);
    return counting.elsewhere;
  };
  expect(await elsewhereAfter(1)).toBe(0);
  expect(await elsewhereAfter(500)).toBe(0);
  expect(await elsewhereAfter(500)).toBe(1);
  expect(await elsewhereAfter(1)).toBe(2);
  expect(await elsewhereAfter(1)).toBe(2);
});

test('a disk that takes nothing is an error with the name of the file; one that takes a part is asked again', async () => {
  const { path, counting, writer } = await fileOf();
  everyLook(() => 1_000);
  await writer.write(Buffer.alloc(10), 0);
  const { write } = counting;
  counting.write = (bytes, at, length, position) => write(bytes, at, Math.min(length, 3), position);
  const content = someBytes(10);
  await writer.write(content, 0);
  expect(await readFile(path)).toEqual(content);
  counting.write = async (buffer) => ({ bytesWritten: 0, buffer });
  await expect(writer.write(content, 0)).rejects.toMatchObject({
    code: 'LOCAL_IO',
    message: expect.stringContaining(path),
  });
});
