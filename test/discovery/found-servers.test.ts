import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type DnsRecord, decodeMessage, encodeMessage } from '#sealift/discovery/dns-message.js';
import { FoundServers } from '#sealift/discovery/found-servers.js';
import { Links } from '#sealift/discovery/links.js';
import { answerOf, decoded } from '../helpers/multicast.js';

const address = (address: string, cidr: string) => ({
  ...{ address, cidr, netmask: '', mac: '02:00:00:00:00:01' },
  ...(address.includes(':') ? { family: 'IPv6' as const, scopeid: 2 } : { family: 'IPv4' as const }),
});
const links = new Links({
  lo: [{ ...address('127.0.0.1', '127.0.0.1/8'), internal: true } as never],
  eth0: [
    { ...address('192.168.7.5', '192.168.7.5/24'), internal: false } as never,
    { ...address('2001:db8::5', '2001:db8::5/64'), internal: false } as never,
  ],
});
const PEER = '192.168.7.9';

function found(packets: Buffer[], from = PEER) {
  const servers = new FoundServers(links);
  for (const packet of packets) servers.take(decoded(packet), from);
  return servers;
}

function hostsOf(addresses: string[], from = PEER): string[] {
  const records = addresses.map((data): DnsRecord => {
    return { name: 'nas.local', ttl: 120, type: data.includes(':') ? 'AAAA' : 'A', data };
  });
  const more = encodeMessage({ type: 'response', answers: records });
  return found([answerOf('nas', { A: { name: 'nobody.local' } }), more], from)
    .list()
    .map(({ host }) => host);
}

test('an answer becomes a server', () => {
  const [server, ...others] = found([answerOf('nas', { A: { data: PEER } })]).list();
  const facts = { port: 9_696, tls: false, fingerprint: null, version: '1.2.3', needsToken: false };
  expect(server).toEqual({ name: 'nas', host: PEER, ...facts });
  expect(others).toEqual([]);
});

test.each([
  ['the one it came from', ['192.168.7.8', PEER], PEER, PEER],
  ['by IPv4 before IPv6', ['2001:db8::9', '192.168.7.8'], PEER, '192.168.7.8'],
  ['by IPv6', ['2001:db8::9', 'fe80::9'], 'fe80::9%eth0', '2001:db8::9'],
])('the address is %s', (_, addresses, from, host) => {
  expect(hostsOf(addresses, from)).toEqual([host]);
});

test.each([
  ['elsewhere', '203.0.113.1'],
  ['this machine', '127.0.0.1'],
  ['this machine too', '192.168.7.5'],
  ['nowhere', '0.0.0.0'],
  ['everybody', '224.0.0.1'],
  ['another network', '2001:db8:1::1'],
  ['an interface that is not told', 'fe80::9'],
])('nobody is sent to %s: %s', (_, host) => {
  expect(hostsOf([host])).toEqual([]);
});

test('this machine may be sent to by itself', () => {
  expect(hostsOf(['127.0.0.1'], '192.168.7.5')).toEqual(['127.0.0.1']);
});

test('port 0 is none', () => {
  const port = (port: number) =>
    answerOf('nas', { A: { data: PEER }, SRV: { data: { port, target: 'nas.local' } } });
  expect(found([port(0)]).list()).toEqual([]);
  expect(
    found([port(1), port(65_535)])
      .list()
      .map(({ port }) => port),
  ).toEqual([1, 65_535]);
});

test('what one says of a server is not mixed with what another says', () => {
  const servers = new FoundServers(links);
  servers.take(decoded(answerOf('nas', { A: { data: PEER } })), PEER);
  const other = { A: { data: '192.168.7.66' }, TXT: { data: [Buffer.from('auth=token')] } };
  servers.take(decoded(answerOf('nas', other)), '192.168.7.66');
  expect(servers.list().map(({ host, needsToken }) => [host, needsToken])).toEqual([
    ['192.168.7.66', true],
    [PEER, false],
  ]);
  const goodbye = encodeMessage({
    type: 'response',
    answers: [{ name: '_sealift._tcp.local', type: 'PTR', ttl: 0, data: 'NAS._sealift._tcp.local' }],
  });
  servers.take(decoded(goodbye), '192.168.7.66');
  expect(servers.list().map(({ host }) => host)).toEqual([PEER]);
});

test('a flood of servers, addresses and names to ask for is bounded', () => {
  const servers = new FoundServers(links);
  for (let at = 0; at < 1_100; at++) {
    servers.take(decoded(answerOf(`n${at}`, { A: { data: PEER } })), PEER);
    const data = `p${at}._sealift._tcp.local`;
    const pointer = { name: '_sealift._tcp.local', type: 'PTR' as const, ttl: 9, data };
    servers.take(
      { type: 'response', questions: [], answers: [pointer], authorities: [], additionals: [] },
      PEER,
    );
    servers.take(decoded(answerOf('nas', { A: { data: `192.168.7.${at % 250}` } })), `192.168.7.${at % 250}`);
  }
  expect(servers.list()).toHaveLength(1_000);
  expect(servers.unresolved().length).toBeLessThanOrEqual(150);
  const kept = JSON.stringify(servers.list()).length;
  expect(kept).toBeLessThan(500_000);
});

test('what is not told at once is asked for', () => {
  const pointer = {
    name: '_sealift._tcp.local',
    type: 'PTR' as const,
    ttl: 9,
    data: 'nas._sealift._tcp.local',
  };
  const servers = found([encodeMessage({ type: 'response', answers: [pointer] })]);
  expect(servers.unresolved()).toEqual([{ name: pointer.data, type: 'ANY' }]);
  servers.take(decoded(answerOf('nas', { A: { name: 'other.local' } })), PEER);
  expect(servers.unresolved()).toEqual([
    { name: 'nas.local', type: 'A' },
    { name: 'nas.local', type: 'AAAA' },
  ]);
});

const LONG = 'a'.repeat(100_000);
const hostile = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('../../x', '\x1b[31m', LONG, 'x@y:1/#', ''),
);

test('records of any content make no crash, and no server that is not one', () => {
  const name = fc.oneof(
    hostile,
    hostile.map((text) => `${text}._sealift._tcp.local`),
  );
  const record = fc.oneof(
    fc.record({ type: fc.constant('PTR'), name, ttl: fc.nat(), data: name }),
    fc.record({
      type: fc.constant('SRV'),
      name,
      ttl: fc.nat(),
      data: fc.record({ port: fc.oneof(fc.double(), fc.integer({ min: 1, max: 65_535 })), target: name }),
    }),
    fc.record({
      type: fc.constant('TXT'),
      name,
      ttl: fc.nat(),
      data: fc.array(fc.uint8Array().map((x) => Buffer.from(x))),
    }),
    fc.record({ type: fc.constant('A'), name, ttl: fc.nat(), data: fc.oneof(hostile, fc.ipV4(), fc.ipV6()) }),
  ) as fc.Arbitrary<DnsRecord>;
  fc.assert(
    fc.property(fc.array(record, { maxLength: 30 }), (answers) => {
      const servers = new FoundServers(links);
      servers.take({ type: 'response', questions: [], answers, authorities: [], additionals: [] }, PEER);
      for (const { name, host, port } of servers.list()) {
        expect(Buffer.byteLength(name)).toBeLessThanOrEqual(63);
        expect(links.isOnLink(host)).toBe(true);
        expect(port).toSatisfy(Number.isInteger);
      }
      const questions = servers.unresolved().slice(0, 30);
      const packet = encodeMessage({ type: 'query', questions });
      expect(decodeMessage(packet)?.questions.map(({ name }) => name)).toEqual(
        questions.map(({ name }) => name),
      );
    }),
    { numRuns: 300 },
  );
});

test('packets of any bytes make no crash', () => {
  const real = answerOf('nas', { A: { data: PEER } });
  const change = fc.record({ at: fc.nat(real.length - 1), to: fc.integer({ min: 0, max: 255 }) });
  const mutated = fc
    .tuple(fc.array(change, { minLength: 1, maxLength: 6 }), fc.nat(real.length))
    .map(([changes, cut]) => {
      const packet = Buffer.from(real);
      for (const { at, to } of changes) packet[at] = to;
      return cut % 3 === 0 ? packet.subarray(0, cut) : packet;
    });
  fc.assert(
    fc.property(
      fc.oneof(
        mutated,
        fc.uint8Array({ maxLength: 600 }).map((bytes) => Buffer.from(bytes)),
      ),
      (packet) => {
        const message = decodeMessage(packet);
        if (!message) return;
        const servers = new FoundServers(links);
        servers.take(message, PEER);
        servers.list();
        servers.unresolved();
      },
    ),
    { numRuns: 1_000 },
  );
});

test('a header that claims more than a packet has room for is not decoded', () => {
  const packet = Buffer.alloc(12);
  packet.writeUInt16BE(0xffff, 6);
  expect(decodeMessage(packet)).toBeNull();
  expect(decodeMessage(Buffer.concat([answerOf('nas'), Buffer.alloc(9_000)]))).toBeNull();
  // Each name leads to the one before it, by way of all others.
  const chain = Buffer.alloc(9_000, 0xc0);
  answerOf('nas').copy(chain, 0, 0, 12);
  expect(decodeMessage(chain)).toBeNull();
  const questions = Array.from({ length: 300 }, () => ({ name: 'a.local', type: 'A' as const }));
  expect(decodeMessage(encodeMessage({ type: 'query', questions }))).toBeNull();
});
