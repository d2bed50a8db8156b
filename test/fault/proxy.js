import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { Link } from './link.js';

/**
 * @typedef {import('./link.js').Hit} Hit
 * @typedef {import('./link.js').LinkRecord} LinkRecord
 * @typedef {import('./toxics/toxic.js').Toxic} Toxic
 *
 * @typedef {object} Proxy
 * @property {string} url
 * @property {number} port
 * @property {LinkRecord[]} connections in the order in which they were accepted
 * @property {Hit[]} hits what was done, on all of them
 * @property {(kind: string) => Promise<void>} happened resolves when a toxic of this kind has done something
 * @property {(toxics: Toxic[]) => void} replace for connections from now on
 * @property {() => void} close ends everything
 */

/**
 * A TCP proxy on a free port of this machine, in front of the server at `port`. Bytes pass the toxics in their order.
 * Without any, everything passes as it is: ends and resets too.
 * @param {number} port
 * @param {Toxic[]} [toxics]
 * @param {{ seed?: number }} [options]
 * @returns {Promise<Proxy>}
 */
export async function startProxy(port, toxics = [], { seed = 1 } = {}) {
  let current = toxics;
  /** @type {Set<Link>} */
  const links = new Set();
  /** @type {LinkRecord[]} */
  const connections = [];
  /** @type {Hit[]} */
  const hits = [];
  /** @type {Set<() => void>} */
  const waiting = new Set();
  const onHit = (/** @type {Hit} */ hit) => {
    hits.push(hit);
    for (const wake of waiting) wake();
  };

  const listener = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const server = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    const number = connections.length + 1;
    const onGone = () => links.delete(link);
    const link = new Link({ client, server }, { number, toxics: current, seed, onHit, onGone });
    links.add(link);
    connections.push(link.record);
    const refuse = () => link.reset();
    server.once('error', refuse);
    server.once('connect', () => {
      server.off('error', refuse);
      link.start();
    });
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = /** @type {import('node:net').AddressInfo} */ (listener.address());

  const happened = async (/** @type {string} */ kind) => {
    while (!hits.some((hit) => hit.kind === kind)) {
      await new Promise((resolve) => {
        const wake = () => {
          waiting.delete(wake);
          resolve(undefined);
        };
        waiting.add(wake);
      });
    }
  };
  return {
    url: `sealift://127.0.0.1:${address.port}`,
    port: address.port,
    connections,
    hits,
    happened,
    replace: (next) => {
      current = next;
    },
    close: () => {
      listener.close();
      for (const link of links) link.destroy();
    },
  };
}
