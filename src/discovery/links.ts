import { BlockList, isIP } from 'node:net';
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';
import { INTERFACES_MAX } from './limits.js';

/** One way out: an interface, by one of the two protocols. */
export interface Way {
  family: 4 | 6;
  /** As Node's `addMembership` and `setMulticastInterface` take it. */
  interface: string;
}

/** `network`: interfaces that lead to others, or the machine's own if there are none. */
export type Scope = 'network' | 'loopback' | 'all';

type Found = NetworkInterfaceInfo & { name: string };

/** The machine's interfaces as they are now. */
export class Links {
  readonly #found: Found[];
  readonly #onLink = new BlockList();
  readonly #own = new Set<string>();

  constructor(interfaces = networkInterfaces()) {
    this.#found = Object.entries(interfaces).flatMap(([name, all = []]) =>
      all.map((address) => ({ ...address, name })),
    );
    for (const { address, cidr } of this.#found) {
      this.#own.add(address);
      const prefix = Number(cidr?.split('/')[1] ?? Number.NaN);
      if (Number.isInteger(prefix)) this.#onLink.addSubnet(address, prefix, typeOf(address));
    }
    this.#onLink.addSubnet('fe80::', 10, 'ipv6');
  }

  ways(scope: Scope): Way[] {
    const ways = new Map<string, Way>();
    for (const { name, address, family, scopeid } of this.#within(scope)) {
      const zone = process.platform === 'win32' ? scopeid : name;
      const way: Way =
        family === 'IPv4' ? { family: 4, interface: address } : { family: 6, interface: `::%${zone}` };
      // One membership for each interface, whatever addresses it has.
      const key = `${way.family} ${name}`;
      if (!ways.has(key) && ways.size < INTERFACES_MAX) ways.set(key, way);
    }
    return [...ways.values()];
  }

  /** Those at which others can reach what listens at `host`. Of link-local ones a URL cannot tell the interface. */
  addressesOf(host: string): string[] {
    if (host !== '0.0.0.0' && host !== '::') return isIP(host) ? [host] : [];
    return this.#within('network')
      .filter(({ address, family }) => (host === '::' || family === 'IPv4') && !/^fe[89ab]/i.test(address))
      .map(({ address }) => address);
  }

  /** RFC 6762, section 11: what comes from elsewhere than the own links is not listened to. */
  isOnLink(address: string): boolean {
    const plain = address.replace(/%.*$/s, '');
    return isIP(plain) !== 0 && this.#onLink.check(plain, typeOf(plain));
  }

  isOwn(address: string): boolean {
    return this.#own.has(address.replace(/%.*$/s, ''));
  }

  #within(scope: Scope): Found[] {
    if (scope === 'all') return this.#found;
    const outside = this.#found.filter(({ internal }) => !internal);
    const inside = this.#found.filter(({ internal }) => internal);
    return scope === 'loopback' || outside.length === 0 ? inside : outside;
  }
}

function typeOf(address: string): 'ipv4' | 'ipv6' {
  return address.includes(':') ? 'ipv6' : 'ipv4';
}
