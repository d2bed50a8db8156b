import { createSocket } from 'node:dgram';
import { type AnnouncedServer, type Announcement, announce } from '#sealift/discovery/announce.js';
import { type DnsRecord, decodeMessage, encodeMessage } from '#sealift/discovery/dns-message.js';

/** Of this process alone: what other tests announce is not heard here, and these packets are heard by nobody else. */
export const PORT = 20_000 + (process.pid % 40_000);
const GROUP = '224.0.0.251';

type OnEnd = (end: () => Promise<void>) => void;

/** Announces to this machine what does not have to be there. */
export async function announced(settings: Partial<AnnouncedServer>, onEnd: OnEnd): Promise<Announcement> {
  const server = { host: '127.0.0.1', port: 9_696, isLoopback: true, version: '1.2.3', fingerprint: null };
  const announcement = await announce(
    { ...server, needsToken: false, ...settings },
    { signal: new AbortController().signal, port: PORT },
  );
  onEnd(() => announcement.close());
  return announcement;
}

export interface Peer {
  send(packet: Uint8Array): Promise<void>;
  /** All that was sent to the group, by whomever. */
  heard: Buffer[];
  /** Sent whenever somebody asks for servers. */
  answers: Buffer[];
}

/** Somebody on the network who sends what he likes. */
export async function multicastPeer(onEnd: OnEnd, port = PORT): Promise<Peer> {
  const socket = createSocket({ type: 'udp4', reuseAddr: true });
  onEnd(() => new Promise<void>((done) => socket.close(() => done())));
  await new Promise<void>((done) => socket.bind(port, done));
  socket.addMembership(GROUP, '127.0.0.1');
  socket.setMulticastInterface('127.0.0.1');
  const heard: Buffer[] = [];
  const answers: Buffer[] = [];
  socket.on('message', (packet) => {
    heard.push(packet);
    if (decodeMessage(packet)?.type === 'query') answers.forEach(send);
  });
  const send = (packet: Uint8Array) =>
    new Promise<void>((done) => socket.send(packet, PORT, GROUP, () => done()));
  return { send, heard, answers };
}

/** An answer as a server with this name would give it, with these records in the place of its own. */
export function answerOf(name: string, records: Partial<Record<DnsRecord['type'], object>> = {}): Buffer {
  const fullName = `${name}._sealift._tcp.local`;
  const target = `${name}.local`;
  const usual: DnsRecord[] = [
    { type: 'PTR', name: '_sealift._tcp.local', ttl: 120, data: fullName },
    { type: 'SRV', name: fullName, ttl: 120, data: { port: 9_696, target } },
    {
      type: 'TXT',
      name: fullName,
      ttl: 120,
      data: ['v=1.2.3', 'auth=none', 'tls=0'].map((text) => Buffer.from(text)),
    },
    { type: 'A', name: target, ttl: 120, data: '127.0.0.1' },
  ];
  const answers = usual.map((record) => ({ ...record, ...records[record.type] }) as DnsRecord);
  return encodeMessage({ type: 'response', answers });
}

export function decoded(packet: Buffer) {
  const message = decodeMessage(packet);
  if (!message) throw new Error('no message');
  return message;
}
