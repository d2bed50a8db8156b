import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { isLoopback } from '../server/index.js';

type Interfaces = ReturnType<typeof networkInterfaces>;

/** Addresses that stand for all of a machine's. */
const EVERY = new Set(['0.0.0.0', '::']);
/** Between this machine and what runs inside of it: nobody else comes this way. */
const INNER = /^(?:docker|br-|veth|virbr|vmnet|vboxnet|cni|flannel|cali|lxc|podman|bridge\d)/;
const PRIVATE = /^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.)/;
const LINK_LOCAL = /^(?:169\.254\.|fe[89ab])/i;

/** Addresses by which a browser reaches what listens at `host` and `port`, the likeliest first. */
export function browserAddresses(
  { host, port, isTls = false }: { host: string; port: number; isTls?: boolean },
  interfaces: Interfaces = EVERY.has(host) ? networkInterfaces() : {},
): string[] {
  if (!EVERY.has(host)) return [addressOf(host, port, isTls)];
  const found = Object.entries(interfaces)
    .flatMap(([name, addresses = []]) => addresses.map(({ address }) => ({ name, address })))
    .filter(({ address }) => !isLoopback(address) && !LINK_LOCAL.test(address))
    .filter(({ address }) => host === '::' || isIP(address) === 4)
    .map((at) => ({ ...at, rank: rankOf(at) }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ address }) => address);
  return (found.length > 0 ? found : ['127.0.0.1']).map((address) => addressOf(address, port, isTls));
}

function rankOf({ name, address }: { name: string; address: string }): number {
  const inner = INNER.test(name) ? 4 : 0;
  if (isIP(address) === 6) return inner + 2;
  return inner + (PRIVATE.test(address) ? 0 : 1);
}

function addressOf(address: string, port: number, isTls: boolean): string {
  // The zone of an address is this machine's own affair.
  const plain = address.replace(/%.*$/, '').replace(/^::ffff:(?=\d+\.)/i, '');
  return `${isTls ? 'https' : 'http'}://${plain.includes(':') ? `[${plain}]` : plain}:${port}/`;
}
