import fc from 'fast-check';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { Announcement } from '#sealift/discovery/announce.js';
import { announce } from '#sealift/discovery/announce.js';
import { Budget } from '#sealift/discovery/budget.js';
import { discover } from '#sealift/discovery/discover.js';
import { decodeMessage, encodeMessage } from '#sealift/discovery/dns-message.js';
import type { FoundServer } from '#sealift/discovery/found-servers.js';
import { Multicast } from '#sealift/discovery/multicast.js';
import { announced, answerOf, multicastPeer, PORT } from '../helpers/multicast.js';
import { untilThere } from '../helpers/until.js';

const FINGERPRINT = '0f'.repeat(32);
const TYPE = '_sealift._tcp.local';
const ends: (() => Promise<void>)[] = [];
let servers: Announcement[];

beforeAll(async () => {
  const onEnd = (end: () => Promise<void>) => void ends.push(end);
  // At the same time, so that neither has the name yet.
  servers = await Promise.all([
    announced({ name: 'alpha', port: 1_001 }, onEnd),
    announced({ name: 'alpha', port: 1_002, fingerprint: FINGERPRINT, needsToken: true }, onEnd),
  ]);
});
afterAll(() => Promise.all(ends.map((end) => end())));

/** Until these are found: an answer may be lost, and a search that is told to wait takes its time. */
async function foundWith(...names: string[]): Promise<FoundServer[]> {
  const isEnough = (found: FoundServer[]) =>
    names.every((wanted) => found.some(({ name }) => name === wanted));
  return (await discover({ timeout: 30_000, port: PORT, isEnough })).servers;
}

const hasGoodbye = (packet: Buffer) =>
  decodeMessage(packet)?.answers.some(({ type, ttl }) => type === 'SRV' && ttl === 0);

test('two servers of one machine are found, each under a name of its own', async () => {
  expect(servers.map(({ name }) => name).sort()).toEqual(['alpha', 'alpha-2']);
  const found = await foundWith('alpha', 'alpha-2');
  expect(found.map(({ name }) => name)).toEqual(['alpha', 'alpha-2']);
  const byPort = found.sort((a, b) => a.port - b.port);
  const facts = { host: '127.0.0.1', version: '1.2.3' };
  expect(byPort[0]).toMatchObject({
    ...facts,
    port: 1_001,
    tls: false,
    fingerprint: null,
    needsToken: false,
  });
  expect(byPort[1]).toMatchObject({
    ...facts,
    port: 1_002,
    tls: true,
    fingerprint: FINGERPRINT,
    needsToken: true,
  });
});

test('a name that is taken gets a number, and is taken back when the server ends', async () => {
  const peer = await multicastPeer(onTestFinished);
  const senders = new Set<string>();
  const onPacket = (packet: Buffer, from: string) => {
    if (packet.includes('ALPHA-3')) senders.add(from);
  };
  const all = await Multicast.open({ scope: 'all', port: PORT, onPacket });
  onTestFinished(() => all.close());
  const third = await announced({ name: 'ALPHA' }, onTestFinished);
  expect(third.name).toBe('ALPHA-3');
  await third.close();
  const goodbye = await untilThere(() => peer.heard.find(hasGoodbye));
  expect(decodeMessage(goodbye)?.answers.map(({ name, ttl }) => [name, ttl])).toEqual([
    [TYPE, 0],
    [`ALPHA-3.${TYPE}`, 0],
    [`ALPHA-3.${TYPE}`, 0],
  ]);
  expect((await foundWith('alpha', 'alpha-2')).map(({ name }) => name)).not.toContain('ALPHA-3');
  // It is of this machine alone, and nobody else is told of it.
  expect([...senders]).toEqual(['127.0.0.1']);
});

test('a server that ends while it looks for a name announces nothing', async () => {
  const peer = await multicastPeer(onTestFinished);
  const end = new AbortController();
  const server = { host: '127.0.0.1', port: 1, isLoopback: true, version: '1', fingerprint: null };
  const begun = announce({ ...server, needsToken: false, name: 'brief' }, { signal: end.signal, port: PORT });
  await untilThere(() => peer.heard.find((packet) => packet.includes('brief')));
  end.abort();
  await expect(begun).rejects.toMatchObject({ code: 'ABORTED' });
  expect(peer.heard.map((packet) => decodeMessage(packet)?.answers.length)).not.toContain(3);
});

test('packets of any bytes do a server no harm', async () => {
  const peer = await multicastPeer(onTestFinished);
  const question = { name: TYPE, type: 'PTR' as const };
  const real = [
    encodeMessage({ type: 'query', questions: [question, { name: `alpha.${TYPE}`, type: 'ANY' }] }),
    answerOf('alpha'),
  ];
  const mutated = fc
    .tuple(
      fc.constantFrom(...real),
      fc.array(fc.tuple(fc.nat(80), fc.nat(255)), { minLength: 1, maxLength: 5 }),
    )
    .map(([packet, changes]) => {
      const copy = Buffer.from(packet);
      for (const [at, to] of changes) copy[at % copy.length] = to;
      return copy;
    });
  const packet = fc.oneof(mutated, fc.uint8Array({ maxLength: 300 }));
  await fc.assert(
    fc.asyncProperty(packet, (bytes) => peer.send(bytes)),
    { numRuns: 1_500 },
  );
  await foundWith('alpha', 'alpha-2');
});

test('more packets than may wait to be sent are lost', async () => {
  const peer = await multicastPeer(onTestFinished);
  const multicast = await Multicast.open({ scope: 'loopback', port: PORT, onPacket: () => {} });
  onTestFinished(() => multicast.close());
  await Promise.all(Array.from({ length: 100 }, () => multicast.send(Buffer.from('many'))));
  await multicast.send(Buffer.from('last'));
  await untilThere(() => peer.heard.find((packet) => packet.toString() === 'last'));
  expect(peer.heard.filter((packet) => packet.toString() === 'many')).toHaveLength(32);
});

test('an answer from another port is none', async () => {
  const stranger = await multicastPeer(onTestFinished, 0);
  const peer = await multicastPeer(onTestFinished);
  peer.answers.push(answerOf('right'));
  const early = new AbortController();
  const search = discover({
    ...{ timeout: 30_000, port: PORT, signal: early.signal },
    isEnough: (found) => found.some(({ name }) => name === 'right'),
  });
  for (let at = 0; at < 20; at++) await stranger.send(answerOf('wrong'));
  const { servers, isHeard } = await search;
  expect(servers.map(({ name }) => name)).toContain('right');
  expect(servers.map(({ name }) => name)).not.toContain('wrong');
  expect(isHeard).toBe(true);
});

test('a flood is not listened to beyond a bound', async () => {
  const peer = await multicastPeer(onTestFinished);
  const lengths: number[] = [];
  const onPacket = (packet: Buffer) => void lengths.push(packet.length);
  const budget = new Budget(0, 20_000);
  const multicast = await Multicast.open({ scope: 'loopback', port: PORT, onPacket, budget });
  onTestFinished(() => multicast.close());
  const own = await multicastPeer(onTestFinished);
  for (let at = 0; at < 10; at++) await peer.send(Buffer.alloc(8_000, 1));
  for (let at = 0; at < 20; at++) await peer.send(Buffer.alloc(1));
  await untilThere(() => (own.heard.filter(({ length }) => length === 1).length === 20 ? true : null));
  // The smallest has its price as well: of 4,000 that are left, 512.
  await untilThere(() => (lengths.length >= 9 ? true : null));
  expect(lengths).toEqual([8_000, 8_000, 1, 1, 1, 1, 1, 1, 1]);
});

test('a budget gives no more than there is', () => {
  const budget = new Budget(0, 3);
  expect([budget.take(2), budget.take(2), budget.take(1), budget.take(1)]).toEqual([
    true,
    false,
    true,
    false,
  ]);
});

test('a search that is interrupted ends', async () => {
  const abort = new AbortController();
  const search = discover({ timeout: 60_000, port: PORT, signal: abort.signal });
  abort.abort();
  await expect(search).rejects.toMatchObject({ code: 'ABORTED' });
  await expect(discover({ timeout: 1, port: PORT, signal: abort.signal })).rejects.toMatchObject({
    code: 'ABORTED',
  });
});
