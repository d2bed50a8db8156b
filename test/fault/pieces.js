/**
 * What arrives at a socket, until its peer ends. Pulled: what nobody asks for stays in the kernel.
 * @param {import('node:net').Socket} socket
 * @returns {AsyncGenerator<Buffer, void>}
 * @throws the socket's error, in its place behind the bytes
 */
export async function* piecesOf(socket) {
  /** @type {() => void} */
  let wake = () => {};
  const onChange = () => wake();
  const events = ['readable', 'end', 'close'];
  for (const event of events) socket.on(event, onChange);
  try {
    for (;;) {
      const piece = socket.read();
      if (piece !== null) yield piece;
      else if (socket.readableEnded) return;
      else if (socket.destroyed) throw socket.errored ?? new Error('the socket was closed');
      else await new Promise((resolve) => (wake = () => resolve(undefined)));
    }
  } finally {
    for (const event of events) socket.off(event, onChange);
  }
}

/**
 * The same bytes, each piece with its offset, and none reaching over one of the `boundaries`.
 * @param {AsyncIterable<Buffer>} pieces
 * @param {number[]} boundaries ascending
 * @returns {AsyncGenerator<{ at: number, piece: Buffer }, void>}
 */
export async function* cutAt(pieces, boundaries) {
  let at = 0;
  for await (let piece of pieces) {
    while (piece.length > 0) {
      const position = at;
      const boundary = boundaries.find((offset) => offset > position) ?? Infinity;
      const part = piece.subarray(0, Math.min(piece.length, boundary - at));
      yield { at, piece: part };
      at += part.length;
      piece = piece.subarray(part.length);
    }
  }
}

/**
 * The first `count` bytes; returns false if there are not so many.
 * @param {AsyncIterable<Buffer>} pieces
 * @param {number} count
 * @returns {AsyncGenerator<Buffer, boolean>}
 */
export async function* firstBytes(pieces, count) {
  let left = count;
  if (left === 0) return true;
  for await (const piece of pieces) {
    const part = piece.subarray(0, left);
    left -= part.length;
    yield part;
    if (left === 0) return true;
  }
  return false;
}
