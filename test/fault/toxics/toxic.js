/**
 * `downstream` is from the server to the client.
 * @typedef {'upstream' | 'downstream'} Direction
 *
 * What a toxic may do beside changing the bytes that pass.
 * @typedef {object} Line
 * @property {import('../../campaign/seeded-random.js').SeededRandom} random
 * @property {(at: number) => void} hit counts that it did something, at this offset of what it was given
 * @property {(milliseconds: number) => Promise<void>} sleep rejects when the connection is gone
 * @property {Promise<void>} gone resolves when the connection is gone on both sides
 * @property {() => void} closeAfter when what is on its way has arrived, both sides are closed
 * @property {() => void} silenceOther nothing is carried the other way any more
 *
 * What is done to the bytes of one direction of a connection.
 * @typedef {object} Toxic
 * @property {string} kind
 * @property {Direction} direction
 * @property {(number: number) => boolean} connections whether it applies to the k-th connection, from 1
 * @property {(pieces: AsyncIterable<Buffer>, line: Line) => AsyncGenerator<Buffer, void>} apply
 *
 * @typedef {object} Where
 * @property {Direction} [direction] default downstream
 * @property {(number: number) => boolean} [connections] default every one
 */

/** @param {number} k only this connection, from 1 */
export const only = (k) => (/** @type {number} */ number) => number === k;

/** @param {number} count the first so many connections: it heals afterwards */
export const first = (count) => (/** @type {number} */ number) => number <= count;

/** Thrown by a toxic: both sides get a reset, behind what was sent before. */
export class Reset extends Error {}

/**
 * @param {string} kind
 * @param {Where} where
 * @param {Toxic['apply']} apply
 * @returns {Toxic}
 */
export function toxic(kind, { direction = 'downstream', connections = () => true }, apply) {
  return { kind, direction, connections, apply };
}
