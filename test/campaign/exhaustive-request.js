import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';

const TOO_LONG_MS = 20_000;

/**
 * Sends damaged bytes to the real server, and an end or a reset, and judges by the served bytes what comes back.
 * @param {number} port
 * @param {Buffer} bytes
 * @param {'end' | 'reset'} ending
 * @param {ReadonlyMap<string, Buffer>} served
 * @returns {Promise<{ answer: 'served' | 'refused' | 'closed', wrong: string[] }>}
 */
export async function sendDamaged(port, bytes, ending, served) {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  socket.on('error', () => {});
  /** @type {Buffer[]} */
  const pieces = [];
  socket.on('data', (piece) => pieces.push(piece));
  socket.write(bytes, () => {
    if (ending === 'end') socket.end();
    else socket.resetAndDestroy();
  });
  const timer = setTimeout(() => socket.destroy(new Error('too long')), TOO_LONG_MS);
  await once(socket, 'close').catch(() => {});
  clearTimeout(timer);
  const wrong = socket.errored?.message === 'too long' ? ['the server neither answered nor closed'] : [];
  const reply = Buffer.concat(pieces);
  if (reply.length === 0) return { answer: 'closed', wrong };
  const judged = judgeReply(reply, served);
  return { answer: judged.answer, wrong: [...wrong, ...judged.wrong] };
}

/**
 * What the server says must be so: of what it calls right, every byte.
 * @param {Buffer} reply
 * @param {ReadonlyMap<string, Buffer>} served
 * @returns {{ answer: 'served' | 'refused', wrong: string[] }}
 */
function judgeReply(reply, served) {
  const end = 4 + reply.readUInt32BE();
  const header = JSON.parse(reply.subarray(4, end).toString());
  if (header.ok !== true) {
    const isTyped =
      header.ok === false && typeof header.code === 'string' && typeof header.message === 'string';
    return { answer: 'refused', wrong: isTyped && reply.length === end ? [] : ['a refusal without a form'] };
  }
  const content = served.get(header.name);
  if (!content) return { answer: 'served', wrong: [`a file that is not served: ${header.name}`] };
  const right = content.subarray(header.offset, header.offset + header.length);
  const isRight =
    reply.subarray(end).equals(right) &&
    header.size === content.length &&
    header.md5 === createHash('md5').update(content).digest('hex');
  return { answer: 'served', wrong: isRight ? [] : [`${header.name} was not what was sent as it`] };
}
