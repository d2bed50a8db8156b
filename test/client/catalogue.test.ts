import { EventEmitter, once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { connect, type Sealift } from '#sealift/index.js';
import { frame, maliciousServer, type Wire } from '../helpers/wire.js';

const MD5 = '0123456789abcdef0123456789abcdef';

/** A reply with these names, going on behind the last one if `goesOn`. */
function page(names: string[], goesOn: boolean): Buffer {
  const lines = names.map((name) =>
    JSON.stringify({ name, type: 'text/plain', size: 5, md5: MD5, mtime: 0 }),
  );
  const body = Buffer.from(lines.map((line) => `${line}\n`).join(''));
  const next = goesOn ? names.at(-1) : null;
  return Buffer.concat([frame({ ok: true, count: names.length, length: body.length, next }), body]);
}

interface Listing {
  client: Sealift;
  /** Resolves when the `nth` page has been asked for, with its connection. */
  asked: (nth: number) => Promise<Wire>;
  /** Pages that were asked for. */
  count: () => number;
}

/** Answers with these pages, one after the other, whichever is asked for; then no more. */
async function listingOf(...pages: Buffer[]): Promise<Listing> {
  const wires: Wire[] = [];
  const news = new EventEmitter();
  const url = await maliciousServer(async (wire) => {
    for (;;) {
      const { op, payload } = await wire.header();
      if (op === 'ping') wire.send({ ok: true, payload });
      else {
        const reply = pages[wires.length];
        news.emit(String(wires.push(wire) - 1));
        if (reply) wire.write(reply);
      }
    }
  });
  const client = await connect(url, { retries: 0, timeout: 300_000 });
  onTestFinished(() => client.close());
  const asked = async (nth: number) => {
    if (wires.length <= nth) await once(news, String(nth));
    return wires[nth] as Wire;
  };
  return { client, asked, count: () => wires.length };
}

test('the next page is asked for while this one is used, and no further one', async () => {
  const pages = [page(['a', 'b'], true), page(['c'], true), page(['d'], false)];
  const { client, asked, count } = await listingOf(...pages);
  const entries = client.list();
  expect((await entries.next()).value?.name).toBe('a');
  await asked(1);
  expect((await entries.next()).value?.name).toBe('b');
  await client.ping();
  expect(count()).toBe(2);
  expect((await entries.next()).value?.name).toBe('c');
  expect((await entries.next()).value?.name).toBe('d');
  expect((await entries.next()).done).toBe(true);
});

test('a listing that is given up gives up the page that was asked for', async () => {
  const { client, asked } = await listingOf(page(['a'], true), Buffer.from('\0\0'));
  for await (const { name } of client.list()) {
    expect(name).toBe('a');
    await asked(1);
    break;
  }
  expect(await (await asked(1)).ended()).toMatch(/end|ECONNRESET/);
});

test('a page that cannot be had fails the listing when its turn has come, and nothing before', async () => {
  const { client, asked } = await listingOf(page(['a', 'b'], true), Buffer.alloc(0));
  const entries = client.list();
  expect((await entries.next()).value?.name).toBe('a');
  (await asked(1)).socket.resetAndDestroy();
  // The failure comes while nobody waits for the page.
  await client.ping();
  expect((await entries.next()).value?.name).toBe('b');
  await expect(entries.next()).rejects.toMatchObject({ code: 'NETWORK' });
});

test.each([true, false])(
  'a listing that breaks the rules ends the connection; goes on: %s',
  async (goesOn) => {
    const { client, asked } = await listingOf(page(['b', 'a'], goesOn), Buffer.alloc(0));
    await expect(client.list().next()).rejects.toMatchObject({ code: 'PROTOCOL' });
    expect(await (await asked(0)).ended()).toMatch(/end|ECONNRESET/);
  },
);
