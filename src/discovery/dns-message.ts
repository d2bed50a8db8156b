import packet from 'dns-packet';
import { PACKET_MAX, RECORDS_MAX } from './limits.js';

/** What RFC 6763 is made of. */
export type DnsRecord = { name: string; ttl: number } & (
  | { type: 'PTR'; data: string }
  | { type: 'SRV'; data: { port: number; target: string } }
  | { type: 'TXT'; data: Buffer[] }
  | { type: 'A' | 'AAAA'; data: string }
);

export interface Question {
  name: string;
  type: 'PTR' | 'SRV' | 'TXT' | 'A' | 'AAAA' | 'ANY';
}

export interface DnsMessage {
  type: 'query' | 'response';
  questions: Question[];
  answers: DnsRecord[];
  /** In a query: what whoever asks is about to announce (RFC 6762, section 8.2). */
  authorities: DnsRecord[];
  additionals: DnsRecord[];
}

/** RFC 1035, 4.1.1: sent by whoever the name belongs to. */
const AUTHORITATIVE = 1 << 10;
const HEADER = 12;
const KNOWN = new Set(['PTR', 'SRV', 'TXT', 'A', 'AAAA']);

export function encodeMessage(message: Partial<DnsMessage> & Pick<DnsMessage, 'type'>): Buffer {
  return packet.encode({ ...message, flags: message.type === 'response' ? AUTHORITATIVE : 0 });
}

/** Null for whatever is no message of multicast DNS, or one that costs too much to read. Records of other types are left out. */
export function decodeMessage(bytes: Buffer): DnsMessage | null {
  if (bytes.length < HEADER || bytes.length > PACKET_MAX) return null;
  let records = 0;
  for (let at = 4; at < HEADER; at += 2) records += bytes.readUInt16BE(at);
  if (records > RECORDS_MAX) return null;
  try {
    const { type, opcode, questions, answers, authorities, additionals } = packet.decode(bytes);
    if (opcode !== 'QUERY') return null;
    return {
      type: type === 'response' ? 'response' : 'query',
      questions: questions as Question[],
      answers: known(answers),
      authorities: known(authorities),
      additionals: known(additionals),
    };
  } catch {
    return null;
  }
}

function known(records: object[]): DnsRecord[] {
  return (records as DnsRecord[]).filter(({ type }) => KNOWN.has(type));
}

/** RFC 1035, 2.3.4: what does not fit is written all the same by the encoder, and spoils the packet. */
export function fitsPacket(name: string): boolean {
  const labels = name.split('.').map((label) => Buffer.byteLength(label));
  return labels.every((length) => length > 0 && length <= 63) && Buffer.byteLength(name) <= 253;
}

/** Names of DNS are the same in capitals (RFC 1035, 2.3.3). */
export function sameName(a: string, b: string): boolean {
  return lowerName(a) === lowerName(b);
}

export function lowerName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
