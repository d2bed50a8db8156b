import { renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { Connection } from '#sealift/server/connection.js';
import { DEFAULT_LIMITS } from '#sealift/server/server-limits.js';
import type { Store } from '#sealift/store/index.js';
import { md5, putFile, someBytes } from '../../helpers/files.js';
import { openTo } from '../../helpers/open-access.js';
import { openStore } from '../../helpers/store.js';
import { tempFolder } from '../../helpers/temp-folder.js';
import { Wire } from '../../helpers/wire.js';

/** Serves a file that is replaced, so many times, between its hashing and its first byte. */
async function replacing(size: number, times: number) {
  const folder = tempFolder();
  putFile(folder, 'a', someBytes(size));
  const real = await openStore(folder);
  let opens = 0;
  const open: Store['open'] = async (name) => {
    const file = await real.open(name);
    const { digests: hash } = file;
    opens++;
    file.digests = async (options) => {
      const digests = await hash.call(file, options);
      if (opens <= times) {
        // Dated now: with the same size and time it would be rot.
        writeFileSync(join(folder, 'next'), someBytes(size, opens + 1));
        renameSync(join(folder, 'next'), join(folder, 'a'));
      }
      return digests;
    };
    return file;
  };
  const store: Store = { open, list: (query) => real.list(query), close: () => real.close() };
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    new Connection(socket, { access: openTo(store), limits: DEFAULT_LIMITS, onRequest: () => {} });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as { port: number };
  return { wire: await Wire.to(port), opens: () => opens };
}

test.each([1_000, 1_000_000])(
  'a file of %i bytes that is replaced after it was hashed is opened again',
  async (size) => {
    const { wire, opens } = await replacing(size, 2);
    const { header, body } = await wire.askBody({ op: 'get', name: 'a' });
    expect(header).toMatchObject({ ok: true, md5: md5(someBytes(size, 3)) });
    expect(body.equals(someBytes(size, 3))).toBe(true);
    expect(opens()).toBe(3);
  },
);

test('a file that is replaced each time is CHANGED after three', async () => {
  const { wire, opens } = await replacing(1_000, 9);
  expect(await wire.ask({ op: 'get', name: 'a' })).toMatchObject({ ok: false, code: 'CHANGED' });
  expect(opens()).toBe(3);
});

test('another MD5 than the one of ifMd5 is CHANGED at once', async () => {
  const { wire, opens } = await replacing(1_000, 0);
  const reply = await wire.ask({ op: 'get', name: 'a', ifMd5: md5('other') });
  expect(reply).toMatchObject({ ok: false, code: 'CHANGED' });
  expect(opens()).toBe(1);
});
