import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { WrongResult } from './wrong-result.js';

const PIECE = 4 << 20;

/**
 * @param {string} source
 * @param {string} target
 * @throws WrongResult unless they are the same byte for byte
 */
export function checkFile(source, target) {
  const [a, b] = [openSync(source, 'r'), openSync(target, 'r')];
  try {
    const [sizeOfA, sizeOfB] = [fstatSync(a).size, fstatSync(b).size];
    if (sizeOfA !== sizeOfB) throw new WrongResult(`${target} has ${sizeOfB} bytes, not ${sizeOfA}`);
    const [left, right] = [Buffer.alloc(PIECE), Buffer.alloc(PIECE)];
    for (let at = 0; at < sizeOfA; ) {
      const count = readSync(a, left, 0, PIECE, at);
      if (
        readSync(b, right, 0, count, at) !== count ||
        !left.subarray(0, count).equals(right.subarray(0, count))
      ) {
        throw new WrongResult(`${target} differs within ${count} bytes from ${at}`);
      }
      at += count;
    }
  } finally {
    closeSync(a);
    closeSync(b);
  }
}
