import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { connect } from '#sealift/index.js';
import { sealift, startServer } from '../helpers/cli.js';
import { everythingIn, putFile, someBytes } from '../helpers/files.js';
import { localServer } from '../helpers/in-process.js';
import { tempFolder } from '../helpers/temp-folder.js';

const CLIENTS = 100;
const NAMES = Array.from({ length: CLIENTS }, (_, at) => `file-${String(at).padStart(3, '0')}.bin`);

function contentOf(at: number): Buffer {
  return someBytes(50_000 + 997 * at, at + 1);
}

test('100 clients in one process, each with its own connection and file', async () => {
  const [storage, downloads] = [tempFolder(), tempFolder()];
  for (const [at, name] of NAMES.entries()) putFile(storage, name, contentOf(at));
  const { url } = await localServer(storage);
  await Promise.all(
    NAMES.map(async (name, at) => {
      const client = await connect(url);
      await client.fetch(name, { dir: downloads });
      client.close();
      expect(readFileSync(join(downloads, name)).equals(contentOf(at))).toBe(true);
    }),
  );
  expect(everythingIn(downloads)).toEqual(NAMES);
});

test('100 processes at once, each fetching another file: all right, all exit 0', async () => {
  const [storage, downloads] = [tempFolder(), tempFolder()];
  for (const [at, name] of NAMES.entries()) putFile(storage, name, contentOf(at));
  const { url } = await startServer(storage, ['--log', 'off']);
  const results = await Promise.all(
    NAMES.map((name) => sealift(['fetch', name, '-s', url, '-d', downloads])),
  );
  expect(results.filter(({ code }) => code !== 0)).toEqual([]);
  for (const [at, name] of NAMES.entries()) {
    expect(readFileSync(join(downloads, name)).equals(contentOf(at))).toBe(true);
  }
  expect(everythingIn(downloads)).toEqual(NAMES);
}, 90_000);
