import { expect, test } from 'vitest';
import type { ReplyWriter } from '#sealift/server/reply-writer.js';
import { sendBody } from '#sealift/server/send-body.js';
import type { StoredFile } from '#sealift/store/index.js';
import { untilThere } from '../helpers/until.js';

/** A file whose every piece is filled with its number, and a writer that takes them at once. */
function partners() {
  const written: Buffer[] = [];
  let pieces = 0;
  const file = {
    read: async (buffer: Buffer) => buffer.fill(++pieces).length,
    ensureUnchanged: async () => {},
  } as Partial<StoredFile> as StoredFile;
  const writer = {
    header: () => {},
    body: async (bytes: Buffer) => void written.push(bytes),
  } as Partial<ReplyWriter> as ReplyWriter;
  return { file, writer, written };
}

const range = { offset: 0, length: 3_000_000 };

test('a piece stays as it is until whoever takes it has let it go, and none is more than one behind', async () => {
  const { file, writer, written } = partners();
  const held: { bytes: Buffer; of: number; letGo: () => void }[] = [];
  const onBytes = (bytes: Buffer) =>
    new Promise<void>((resolve) => held.push({ bytes, of: bytes[0] as number, letGo: resolve }));
  const sent = sendBody(file, range, writer, {}, onBytes);
  let isSent = false;
  void sent.then(() => (isSent = true));
  for (let nth = 0; !isSent; nth++) {
    await untilThere(() => held[nth] ?? (isSent || null));
    const ahead = held.slice(nth);
    expect(ahead.length).toBeLessThanOrEqual(2);
    for (const { bytes, of } of ahead) expect([bytes[0], bytes.at(-1)]).toEqual([of, of]);
    held[nth]?.letGo();
  }
  await sent;
  expect(held.length).toBe(written.length);
  expect(held.reduce((sum, { bytes }) => sum + bytes.length, 0)).toBe(range.length);
});

test('the body has not ended before the last piece was taken; who cannot take one ends it', async () => {
  const { file, writer, written } = partners();
  const lost = new Error('the thread is gone');
  let pieces = 0;
  const count = async () => void pieces++;
  await sendBody(file, range, writer, {}, count);
  const last = pieces;
  pieces = 0;
  const failing = async () => {
    if (++pieces === last) throw lost;
  };
  await expect(sendBody(file, range, writer, {}, failing)).rejects.toBe(lost);
  pieces = last - 1;
  written.length = 0;
  await expect(sendBody(file, range, writer, {}, failing)).rejects.toBe(lost);
  expect(written.length).toBeLessThan(last);
});

test('large pieces only behind more than a kernel takes for a peer that reads nothing', async () => {
  const { file, writer, written } = partners();
  await sendBody(file, { offset: 5, length: 20 << 20 }, writer, {});
  const [first = 0] = written.map(({ length }) => length);
  const firstLarge = written.findIndex(({ length }) => length > first);
  const before = written.slice(0, firstLarge).reduce((sum, { length }) => sum + length, 0);
  expect(before).toBe(16 << 20);
  expect(written.at(firstLarge)?.length).toBe(16 * first);
});
