import { expect, test } from 'vitest';
import { startServer } from '../helpers/cli.js';
import { md5, putFile, someBytes } from '../helpers/files.js';
import { tempFolder } from '../helpers/temp-folder.js';
import { Wire } from '../helpers/wire.js';

test('10,000 rounds of ping and get on one connection, each answer right, and then the next client', async () => {
  const storage = tempFolder();
  const contents = [0, 1, 100, 4_096, 70_000].map((size, seed) => someBytes(size, seed + 1));
  for (const [at, content] of contents.entries()) putFile(storage, `f${at}`, content);
  const server = await startServer(storage, ['--log', 'off']);
  const wire = await Wire.to(server.port);
  for (let round = 0; round < 10_000; round++) {
    if (round % 2 === 0) {
      const payload = `round ${round}`;
      const reply = await wire.ask({ op: 'ping', id: round, payload });
      if (reply.payload !== payload || reply.id !== round)
        expect(reply).toEqual({ ok: true, id: round, payload });
      continue;
    }
    // The big one seldom: it takes most of the time.
    const at = round % 101 === 0 ? 4 : (round >> 1) % 4;
    const content = contents[at] as Buffer;
    const { header, body } = await wire.askBody({ op: 'get', id: round, name: `f${at}` });
    if (header.id !== round || header.md5 !== md5(content) || !body.equals(content)) {
      expect({ header, body: md5(body) }).toEqual({ header: { id: round }, body: md5(content) });
    }
  }
  expect(wire.unread).toBe(0);
  const next = await Wire.to(server.port);
  expect(await next.ask({ op: 'ping', payload: 'next' })).toEqual({ ok: true, payload: 'next' });
  wire.socket.end();
  expect(await wire.ended()).toBe('end');
  expect((await next.askBody({ op: 'get', name: 'f2' })).body.equals(contents[2] as Buffer)).toBe(true);
  expect(await server.stop()).toMatchObject({ code: 0 });
});
