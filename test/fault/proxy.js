import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * What the proxy does to the bytes on their way from the server to the client; Toxiproxy's names where it has one.
 * @typedef {object} Toxics
 * @property {number} [bandwidth] bytes a second
 * @property {number} [flipBitAt] offset of a byte in the stream of which one bit is flipped
 */

/**
 * A TCP proxy on a free port of this machine, between a client and the server at `port`.
 * @param {number} port
 * @param {Toxics} toxics
 * @returns {Promise<{ url: string, close: () => void }>}
 */
export async function startProxy(port, toxics) {
  const sockets = new Set();
  const proxy = createServer((client) => {
    const server = connect(port, '127.0.0.1');
    for (const socket of [client, server]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        server.destroy();
      });
    }
    client.pipe(server);
    void carry(server, client, toxics);
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const address = /** @type {import('node:net').AddressInfo} */ (proxy.address());
  const close = () => {
    proxy.close();
    for (const socket of sockets) socket.destroy();
  };
  return { url: `sealift://127.0.0.1:${address.port}`, close };
}

/**
 * @param {import('node:net').Socket} from
 * @param {import('node:net').Socket} to
 * @param {Toxics} toxics
 */
async function carry(from, to, { bandwidth = Infinity, flipBitAt = -1 }) {
  let carried = 0;
  const slice = Math.max(1, Math.min(65_536, bandwidth / 20));
  try {
    for await (const piece of from) {
      if (flipBitAt >= carried && flipBitAt < carried + piece.length) piece[flipBitAt - carried] ^= 1;
      carried += piece.length;
      for (let at = 0; at < piece.length; at += slice) {
        const part = piece.subarray(at, at + slice);
        if (!to.write(part)) await once(to, 'drain');
        if (bandwidth !== Infinity) await sleep((part.length / bandwidth) * 1_000);
      }
    }
    to.end();
  } catch {
    to.destroy();
  }
}
