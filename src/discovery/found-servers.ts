import { isIP, isIPv4 } from 'node:net';
import { type DnsMessage, type DnsRecord, fitsPacket, lowerName, type Question } from './dns-message.js';
import { ADDRESSES_MAX, PENDING_MAX, SERVERS_MAX } from './limits.js';
import type { Links } from './links.js';
import { type HeardText, nameOf, readText, SERVICE_TYPE } from './service.js';

/** A server as it was announced: by itself, or by anybody else on the network. */
export interface FoundServer {
  /** As it was sent: escape it before it is printed. */
  name: string;
  /** An IP address on one of the own links. */
  host: string;
  port: number;
  tls: boolean;
  /** 64 hex digits; as announced, hence a hint. */
  fingerprint: string | null;
  version: string | null;
  needsToken: boolean;
}

interface Instance {
  name: string;
  target: string;
  port: number;
  from: string;
}

/**
 * Puts together what answers tell. They are believed in nothing but form: lengths, numbers, addresses, and how many there are. What one peer says
 * of a server is never mixed with what another says of it.
 */
export class FoundServers {
  readonly #instances = new Map<string, Instance>();
  readonly #texts = new Map<string, HeardText>();
  readonly #addresses = new Map<string, Set<string>>();
  /** Pointed to, but not told of yet; and told of, in small letters. */
  readonly #pending = new Set<string>();
  readonly #told = new Set<string>();

  constructor(private readonly links: Links) {}

  take({ answers, additionals }: DnsMessage, from: string): void {
    for (const record of [...answers, ...additionals]) {
      if (record.ttl === 0) this.#forget(record, from);
      else this.#keep(record, from);
    }
  }

  /** What has to be asked to know the rest of what was heard of. */
  unresolved(): Question[] {
    const names: Question[] = [...this.#pending].map((name) => ({ name, type: 'ANY' }));
    const targets = new Set<string>();
    for (const { target, from } of this.#instances.values()) {
      if (targets.size < PENDING_MAX && !this.#addresses.has(keyOf(target, from))) targets.add(target);
    }
    return [...names, ...[...targets].flatMap(addressQuestions)];
  }

  /** Each once, by name, host and port. */
  list(): FoundServer[] {
    const found = new Map<string, FoundServer>();
    for (const { name, target, port, from } of this.#instances.values()) {
      const host = this.#hostOf(target, from);
      const text = this.#texts.get(keyOf(name, from));
      if (host === null || text === undefined) continue;
      const key = `${host} ${port} ${name}`;
      if (!found.has(key)) found.set(key, { name, host, port, ...text });
    }
    return [...found.values()].sort(byNameAndPlace);
  }

  #keep(record: DnsRecord, from: string): void {
    switch (record.type) {
      case 'PTR': {
        const isOurs = lowerName(record.name) === SERVICE_TYPE && nameOf(record.data) !== null;
        const isNew = isOurs && fitsPacket(record.data) && !this.#told.has(lowerName(record.data));
        if (isNew && this.#pending.size < PENDING_MAX) this.#pending.add(record.data);
        return;
      }
      case 'SRV': {
        const name = nameOf(record.name);
        const { port, target } = record.data;
        if (name === null || !Number.isInteger(port) || port < 1 || port > 65_535) return;
        if (!fitsPacket(target)) return;
        this.#pending.delete(record.name);
        if (this.#told.size < SERVERS_MAX) this.#told.add(lowerName(record.name));
        return bounded(this.#instances, `${keyOf(name, from)} ${target} ${port}`, {
          name,
          target,
          port,
          from,
        });
      }
      case 'TXT': {
        const name = nameOf(record.name);
        if (name !== null) bounded(this.#texts, keyOf(name, from), readText([record.data].flat()));
        return;
      }
      case 'A':
      case 'AAAA':
        if (record.name.length <= 255 && this.#mayBeAt(record.data, from)) {
          const addresses = this.#addresses.get(keyOf(record.name, from)) ?? new Set();
          if (addresses.size < ADDRESSES_MAX) addresses.add(record.data);
          bounded(this.#addresses, keyOf(record.name, from), addresses);
        }
    }
  }

  /** RFC 6762, section 10.1: a goodbye, which counts for what the same peer said. */
  #forget(record: DnsRecord, from: string): void {
    const fullName = record.type === 'PTR' ? record.data : record.name;
    const name = record.type === 'PTR' || record.type === 'SRV' ? nameOf(fullName) : null;
    if (name === null) return;
    const start = `${keyOf(name, from)} `;
    for (const key of this.#instances.keys()) if (key.startsWith(start)) this.#instances.delete(key);
    this.#pending.delete(fullName);
  }

  /** An address that is on one of the own links; one of this machine only if it is this machine that says so. */
  #mayBeAt(address: string, from: string): boolean {
    if (isIP(address) === 0 || !this.links.isOnLink(address)) return false;
    if (/^fe[89ab]/i.test(address)) return false;
    return this.links.isOwn(from) || !this.links.isOwn(address);
  }

  /** The one that the answer came from, if it is among those announced; else an IPv4 one. */
  #hostOf(target: string, from: string): string | null {
    const addresses = [...(this.#addresses.get(keyOf(target, from)) ?? [])].sort();
    if (isIPv4(from) && addresses.includes(from)) return from;
    return addresses.find(isIPv4) ?? addresses[0] ?? null;
  }
}

function bounded<T>(map: Map<string, T>, key: string, value: T): void {
  if (map.size < SERVERS_MAX || map.has(key)) map.set(key, value);
}

function keyOf(name: string, from: string): string {
  return [from, lowerName(name)].join(' ');
}

function addressQuestions(name: string): Question[] {
  return [
    { name, type: 'A' },
    { name, type: 'AAAA' },
  ];
}

function byNameAndPlace(a: FoundServer, b: FoundServer): number {
  return compare(a.name, b.name) || compare(a.host, b.host) || a.port - b.port;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
