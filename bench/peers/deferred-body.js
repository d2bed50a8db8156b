import { connect } from 'node:net';

/** Bytes at a time, into the same memory: all that is left to do for a client that keeps nothing. */
const PIECE = 1 << 20;
/** More than the frame behind the body has. */
const TAIL = 1_024;

/**
 * Asks for a file with `defer`, lets its body pass, and resolves with the MD5 that is told behind it.
 * @param {number} port
 * @param {string} name
 * @param {number} size bytes of the file
 * @returns {Promise<string>}
 */
export function deferredBody(port, name, size) {
  return new Promise((resolve, reject) => {
    const memory = Buffer.alloc(PIECE);
    let tail = Buffer.alloc(0);
    let count = 0;
    const take = (/** @type {number} */ length) => {
      count += length;
      // The header is some hundred bytes: what comes before the body's end is of no interest.
      if (count < size) return true;
      tail = Buffer.concat([tail, memory.subarray(Math.max(0, length - TAIL), length)]).subarray(-TAIL);
      const [, md5] = /"md5":"([0-9a-f]{32})"[^{}]*\}$/.exec(tail.toString('latin1')) ?? [];
      if (md5 === undefined) return true;
      socket.destroy();
      resolve(md5);
      return true;
    };
    const socket = connect({
      port,
      host: '127.0.0.1',
      noDelay: true,
      onread: { buffer: memory, callback: take },
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the server closed the connection')));
    const request = Buffer.from(JSON.stringify({ op: 'get', name, defer: true }));
    const length = Buffer.alloc(4);
    length.writeUInt32BE(request.length);
    socket.write(Buffer.concat([length, request]));
  });
}
