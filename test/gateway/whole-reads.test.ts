import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { httpGateway } from '#sealift/gateway/index.js';
import { Connection } from '#sealift/server/connection.js';
import { gatewayParts } from '#sealift/server/gateway.js';
import { DEFAULT_LIMITS } from '#sealift/server/server-limits.js';
import type { Store, StoredFile } from '#sealift/store/index.js';
import { putFile, someBytes } from '../helpers/files.js';
import { openTo } from '../helpers/open-access.js';
import { md5Of, openStore } from '../helpers/store.js';
import { tempFolder } from '../helpers/temp-folder.js';
import { untilThere } from '../helpers/until.js';

const CONTENT = someBytes(2_500_000, 3);
const SHA256 = createHash('sha256').update(CONTENT).digest('base64');

/** A server of one file whose bytes are not read before `go` is called. */
async function served() {
  const folder = tempFolder();
  putFile(folder, 'a.bin', CONTENT);
  const real = await openStore(folder);
  await md5Of(real, 'a.bin');
  let go = () => {};
  const gone = new Promise<void>((resolve) => {
    go = resolve;
  });
  const reads = { now: 0, most: 0 };
  const slowed = (file: StoredFile): StoredFile => {
    const read = file.read.bind(file);
    return Object.assign(file, {
      read: async (buffer: Buffer, position: number) => {
        reads.most = Math.max(reads.most, ++reads.now);
        await gone;
        return read(buffer, position).finally(() => reads.now--);
      },
    });
  };
  const store: Store = {
    open: async (name) => slowed(await real.open(name)),
    list: (query) => real.list(query),
    close: () => real.close(),
  };
  const onRequest = () => {};
  const gateway = httpGateway()(gatewayParts(openTo(store), DEFAULT_LIMITS, onRequest));
  const server = createServer(
    { allowHalfOpen: true },
    (socket) => new Connection(socket, { access: openTo(store), limits: DEFAULT_LIMITS, onRequest, gateway }),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    gateway.drain();
    server.close();
    gateway.close();
  });
  const { port } = server.address() as { port: number };
  const sha256 = (signal?: AbortSignal) =>
    fetch(`http://127.0.0.1:${port}/a.bin`, {
      method: 'HEAD',
      headers: { 'Want-Repr-Digest': 'sha-256=1' },
      ...(signal ? { signal } : {}),
    });
  const metalink = () => fetch(`http://127.0.0.1:${port}/a.bin.meta4`);
  return { sha256, metalink, reads, go };
}

test('of many who ask for what has to be read, few are read for at once, and the last are told to come back', async () => {
  const { sha256, metalink, reads, go } = await served();
  const asked = Array.from({ length: 70 }, (_, nth) => (nth % 2 ? sha256() : metalink()));
  const refused: number[] = [];
  for (const each of asked)
    void each.then(({ status, headers }) => {
      if (status === 503) refused.push(Number(headers.get('Retry-After')));
    });
  await untilThere(() => (refused.length === 6 ? refused : null));
  expect(refused).toEqual(Array(6).fill(1));
  go();
  const answers = await Promise.all(asked);
  const given = answers.filter(({ status }) => status === 200);
  expect(given).toHaveLength(64);
  expect(reads.most).toBe(2);
  for (const answer of given) {
    const digest = answer.headers.get('Repr-Digest');
    if (digest === null) expect((await answer.text()).match(/<hash>/g)).toHaveLength(3);
    else expect(digest).toContain(`sha-256=:${SHA256}:`);
  }
  // Places are free again.
  expect((await sha256()).status).toBe(200);
});

test('who leaves gives up the place', async () => {
  const { sha256, reads, go } = await served();
  const abort = new AbortController();
  const left = Array.from({ length: 64 }, () => sha256(abort.signal).catch(() => null));
  await untilThere(() => (reads.now === 2 ? reads : null));
  abort.abort();
  await Promise.all(left);
  go();
  let answer = await sha256();
  while (answer.status === 503) answer = await sha256();
  expect(answer.status).toBe(200);
});
