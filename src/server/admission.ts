import { BlockList } from 'node:net';
import { SealiftError } from '../errors/index.js';
import type { ServerLimits } from './server-limits.js';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');
// An IPv4 client of a socket that listens on both.
loopback.addSubnet('::ffff:127.0.0.0', 104, 'ipv6');

export function isLoopback(address: string): boolean {
  return loopback.check(address, address.includes(':') ? 'ipv6' : 'ipv4');
}

/** Counts connections, in all and by address, so that no client takes the places of all the others. */
export class Admission {
  #count = 0;
  readonly #byAddress = new Map<string, number>();

  constructor(private readonly limits: ServerLimits) {}

  /**
   * Takes a place; {@link leave} gives it back.
   * @throws SealiftError BUSY
   */
  enter(address: string): void {
    const ofAddress = this.#byAddress.get(address) ?? 0;
    if (this.#count >= this.limits.maxConnections) {
      throw new SealiftError('BUSY', 'the server has too many connections; try again later');
    }
    if (ofAddress >= this.limits.maxConnectionsPerAddress && !isLoopback(address)) {
      throw new SealiftError('BUSY', 'too many connections from your address; close some');
    }
    this.#count++;
    this.#byAddress.set(address, ofAddress + 1);
  }

  leave(address: string): void {
    this.#count--;
    const left = (this.#byAddress.get(address) ?? 1) - 1;
    if (left === 0) this.#byAddress.delete(address);
    else this.#byAddress.set(address, left);
  }
}
