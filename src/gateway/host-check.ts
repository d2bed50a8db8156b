import { BlockList, isIP } from 'node:net';
import { SealiftError } from '../errors/index.js';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** Under which name a request asks. */
export interface AskedAt {
  /** Of the Host field; undefined is what HTTP/1.0 may do, and no browser does. */
  host: string | undefined;
  /** Of a target that is a whole address. */
  authority?: string | undefined;
  /** Of the Origin field: the page that asks. */
  origin?: string | undefined;
  /** The address that was connected to. */
  localAddress: string | undefined;
}

/**
 * Under which names this server may be asked. A page of somebody else can have its own name lead to an address of this machine (DNS
 * rebinding), and then counts as of the same origin: so a name has to be one that is meant, and an address the one that was connected to.
 * @see https://owasp.org/www-community/attacks/DNS_Rebinding
 */
export class HostCheck {
  readonly #names: ReadonlySet<string>;

  constructor(allowed: readonly string[]) {
    this.#names = new Set(['localhost', ...allowed.map((name) => name.toLowerCase())]);
  }

  /** @throws SealiftError FORBIDDEN */
  require({ host, authority, origin, localAddress }: AskedAt): void {
    const names = [host, authority].filter((name) => name !== undefined);
    if (!names.every((name) => this.#isAllowed(name, localAddress))) {
      throw new SealiftError(
        'FORBIDDEN',
        'this server does not go by that name; serve with --allow-host NAME if it should',
      );
    }
    if (origin === undefined) return;
    // `null` is what a sandboxed page says of itself: a served one among others.
    const [, from] = /^https?:\/\/([^/]+)$/i.exec(origin) ?? [];
    if (from === undefined || !this.#isAllowed(from, localAddress)) {
      throw new SealiftError('FORBIDDEN', 'a page of another site may not ask this server');
    }
  }

  #isAllowed(host: string, localAddress: string | undefined): boolean {
    const name = withoutPort(host).toLowerCase();
    const family = isIP(name);
    if (family === 0) return this.#names.has(name) || this.#names.has(name.replace(/\.$/, ''));
    if (loopback.check(name, family === 6 ? 'ipv6' : 'ipv4')) return true;
    return this.#names.has(name) || name === plainAddress(localAddress ?? '');
  }
}

function withoutPort(host: string): string {
  const [, bracketed, plain = host] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d*)?$/.exec(host) ?? [];
  return bracketed ?? plain;
}

/** An IPv4 address that a socket for both families tells as one of IPv6. */
function plainAddress(address: string): string {
  return address
    .replace(/^::ffff:(?=\d+\.)/i, '')
    .replace(/%.*$/, '')
    .toLowerCase();
}
