import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { cut, fuzzInput } from './fuzz-inputs.js';

/**
 * @typedef {import('./seeded-random.js').SeededRandom} SeededRandom
 *
 * @typedef {object} Nuisance
 * @property {import('node:net').Socket} socket that the pieces are to be written to
 * @property {string} connected the event before which nothing can be
 * @property {Buffer[]} pieces
 * @property {boolean} isDeaf only an end counts as an answer
 * @property {() => void} end without a word
 */

/** Of records, and numbers beside them (RFC 8446, section 5.1). */
const TYPES = [0, 19, 20, 21, 22, 22, 22, 23, 23, 24, 25, 128, 255];
const LENGTHS = [0, 1, 2, 255, 16_384, 16_385, 16_640, 16_641, 18_432, 65_535];
const HEADER = 5;

/** What a client says first, as this Node's own does. */
export async function clientHello() {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const client = connectTls({ port, host: '127.0.0.1' }).on('error', () => {});
  const [socket] = await once(server, 'connection');
  const [bytes] = await once(socket, 'data');
  socket.destroy();
  client.destroy();
  server.close();
  return /** @type {Buffer} */ (bytes);
}

/**
 * A handshake that is none: a real client's first word with bits flipped, bytes taken out or doubled, or cut; or records of anything.
 * @param {SeededRandom} random
 * @param {Buffer} hello
 */
function brokenHandshake(random, hello) {
  const draw = random.next();
  let bytes = Buffer.from(hello);
  if (draw < 0.2) return Buffer.concat([bytes, brokenRecords(random)]);
  if (draw < 0.3) return bytes.subarray(0, random.integer(1, bytes.length));
  if (draw < 0.4) {
    // In records of a few bytes each, or of none.
    const size = random.integer(0, 40);
    return Buffer.concat(
      inPieces(bytes.subarray(HEADER), Math.max(1, size)).map((piece) => record(22, piece)),
    );
  }
  if (draw < 0.55) return brokenRecords(random);
  for (let left = random.integer(1, 4); left > 0; left--) {
    const at = random.integer(0, bytes.length - 1);
    const end = Math.min(bytes.length, at + random.integer(1, 40));
    const kind = random.integer(0, 2);
    if (kind === 0) bytes[at] = Number(bytes[at]) ^ (1 << random.integer(0, 7));
    else if (kind === 1) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(end)]);
    else bytes = Buffer.concat([bytes.subarray(0, end), bytes.subarray(at)]);
    if (bytes.length < 2) break;
  }
  // Mostly with lengths that fit, or few changes would get past the first look.
  if (bytes.length > HEADER + 4 && random.chance(0.6)) {
    bytes[0] = 22;
    bytes.writeUInt16BE(bytes.length - HEADER, 3);
    bytes.writeUIntBE(bytes.length - HEADER - 4, HEADER + 1, 3);
  }
  return bytes;
}

/**
 * Records of any type and length, with anything in them.
 * @param {SeededRandom} random
 */
function brokenRecords(random) {
  return Buffer.concat(
    Array.from({ length: random.integer(1, 4) }, () => {
      const content = random.chance(0.5)
        ? fuzzInput(random)
        : Buffer.alloc(random.integer(0, 300), random.integer(0, 255));
      return record(
        random.pick(TYPES),
        content.subarray(0, 16_640),
        random.chance(0.5) ? undefined : random.pick(LENGTHS),
      );
    }),
  );
}

/**
 * @param {number} type
 * @param {Buffer} content
 * @param {number} [length] what its header says
 */
function record(type, content, length = content.length) {
  const header = Buffer.of(type, 3, 3, 0, 0);
  header.writeUInt16BE(length, 3);
  return Buffer.concat([header, content]);
}

/**
 * @param {Buffer} bytes
 * @param {number} size
 */
function inPieces(bytes, size) {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, nth) =>
    bytes.subarray(nth * size, (nth + 1) * size),
  );
}

/**
 * A way to be a nuisance to a server over TLS: frames of garbage within it, or without it; a handshake that is broken; and a good
 * one, with broken records behind it.
 * @param {number} port
 * @param {SeededRandom} random
 * @param {Buffer} hello
 * @returns {Nuisance}
 */
export function tlsNuisance(port, random, hello) {
  const to = { port, host: '127.0.0.1' };
  const garbage = () =>
    Array.from({ length: random.integer(1, 3) }, () => cut(random, fuzzInput(random))).flat();
  const draw = random.next();
  const tcp = connect({ ...to, allowHalfOpen: true, noDelay: true });
  const raw = { socket: tcp, connected: 'connect', end: () => void tcp.resetAndDestroy() };
  if (draw < 0.2) return { ...raw, pieces: garbage(), isDeaf: false };
  if (draw < 0.6) {
    return { ...raw, pieces: cut(random, brokenHandshake(random, hello)), isDeaf: true };
  }
  if (draw < 0.85) {
    const socket = connectTls({ socket: tcp, rejectUnauthorized: false, allowHalfOpen: true });
    for (const either of [tcp, socket]) either.on('error', () => {});
    const end = () => void socket.destroy();
    return { socket, pieces: garbage(), connected: 'secureConnect', isDeaf: false, end };
  }
  const secure = connectTls({ socket: lineOf(tcp), rejectUnauthorized: false });
  secure.on('error', () => {}).once('secureConnect', () => tcp.emit('secure'));
  const pieces = cut(random, brokenRecords(random));
  return { ...raw, pieces, connected: 'secure', isDeaf: true };
}

/**
 * What TLS can run over, while others write to the socket as well.
 * @param {import('node:net').Socket} tcp
 */
function lineOf(tcp) {
  const line = new Duplex({
    read: () => {},
    write: (bytes, _, done) => void tcp.write(bytes, () => done()),
    final: (done) => done(),
  });
  tcp.on('data', (bytes) => line.push(bytes)).on('close', () => line.destroy());
  return line;
}
