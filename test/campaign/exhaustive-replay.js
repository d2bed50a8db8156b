import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/**
 * What is done to each copy of a recorded reply, or to the first only.
 * @typedef {object} Damage
 * @property {'flip' | 'end' | 'reset'} kind
 * @property {number} at offset in the reply: of the flipped bit's byte, or of the first byte that is not sent
 * @property {number} [bit]
 * @property {boolean} [isOnce]
 */

/**
 * Sends one request to a server and returns the bytes of its reply: one header, and its body.
 * @param {number} port
 * @param {Buffer} request
 * @returns {Promise<Buffer>}
 */
async function record(port, request) {
  const socket = connect(port, '127.0.0.1');
  socket.end(request);
  /** @type {Buffer[]} */
  const pieces = [];
  socket.on('data', (piece) => pieces.push(piece));
  await once(socket, 'close');
  return Buffer.concat(pieces);
}

/**
 * A server that gives the recorded replies of the real one at `port`; a request that it has not met is put to that.
 * Replies to a `get` are damaged as `setDamage` said last.
 * @param {number} port
 * @param {Map<string, Buffer>} recorded by request; may be shared
 */
export async function startReplay(port, recorded) {
  /** @type {Damage | null} */
  let damage = null;
  let copies = 0;
  const sockets = new Set();

  /** @param {Buffer} reply */
  const damaged = (reply) => {
    const copy = Buffer.from(reply);
    if (damage === null || (damage.isOnce && copies++ > 0)) return { bytes: copy, ending: null };
    const { kind, at, bit = 0 } = damage;
    if (kind !== 'flip') return { bytes: copy.subarray(0, at), ending: kind };
    copy[at] = Number(copy[at]) ^ (1 << bit);
    return { bytes: copy, ending: null };
  };

  /**
   * @param {import('node:net').Socket} socket
   * @param {Buffer} request
   */
  const answer = async (socket, request) => {
    const key = request.toString('latin1');
    const reply = recorded.get(key) ?? (await record(port, request));
    recorded.set(key, reply);
    const isGet = request.includes('"op":"get"');
    const { bytes, ending } = isGet ? damaged(reply) : { bytes: reply, ending: null };
    if (ending === 'end') return void socket.end(bytes);
    await new Promise((resolve) => socket.write(bytes, resolve));
    if (ending === 'reset') socket.resetAndDestroy();
  };

  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    let received = Buffer.alloc(0);
    let answering = Promise.resolve();
    socket.on('data', (piece) => {
      received = Buffer.concat([received, piece]);
      while (received.length >= 4 && received.length >= 4 + received.readUInt32BE()) {
        const end = 4 + received.readUInt32BE();
        const request = received.subarray(0, end);
        received = received.subarray(end);
        answering = answering.then(() => answer(socket, request)).catch(() => socket.destroy());
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    url: `sealift://127.0.0.1:${address.port}`,
    setDamage: (/** @type {Damage | null} */ next) => {
      damage = next;
      copies = 0;
    },
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
