import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { connect } from '#sealift/index.js';
import { sealift } from '../helpers/cli.js';
import { CHUNK, md5, putFile, someBytes } from '../helpers/files.js';
import { localServer } from '../helpers/in-process.js';
import { tempFolder } from '../helpers/temp-folder.js';

const SIZES = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 5_000_000];

test('files of every size around a chunk arrive byte for byte, hashed before or not', async () => {
  const storage = tempFolder();
  const contents = SIZES.map((size) => someBytes(size, size));
  for (const [at, content] of contents.entries()) putFile(storage, `${SIZES[at]}.bin`, content);
  const { url } = await localServer(storage);
  const client = await connect(url);
  onTestFinished(() => client.close());
  for (const index of ['cold', 'warm']) {
    const downloads = join(tempFolder(), index);
    const names = SIZES.map((size) => `${size}.bin`);
    const result = await sealift(['fetch', ...names, '-s', url, '-d', downloads, '--json']);
    expect(result.code).toBe(0);
    const done = result.stdout
      .split('\n')
      .filter((line) => line.includes('"event":"done"'))
      .map((line) => JSON.parse(line) as { size: number; md5: string; path: string });
    expect(done.map(({ size }) => size).sort((a, b) => a - b)).toEqual(SIZES);
    for (const [at, content] of contents.entries()) {
      const path = join(downloads, `${SIZES[at]}.bin`);
      expect(readFileSync(path).equals(content)).toBe(true);
      expect(done.find((event) => event.path === path)?.md5).toBe(md5(content));
      const { mtime } = await client.stat(`${SIZES[at]}.bin`);
      expect(Math.floor(statSync(path).mtimeMs)).toBe(mtime);
    }
  }
});

test('every size comes through the stream as well', async () => {
  const storage = tempFolder();
  for (const size of SIZES) putFile(storage, `${size}.bin`, someBytes(size, size));
  const client = await connect((await localServer(storage)).url);
  for (const size of SIZES) {
    const pieces: Buffer[] = [];
    for await (const piece of client.read(`${size}.bin`)) pieces.push(piece);
    expect(Buffer.concat(pieces).equals(someBytes(size, size))).toBe(true);
  }
  client.close();
});
