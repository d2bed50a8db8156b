import { randomBytes } from 'node:crypto';

/** Above any name's bytes: UTF-8 never has 0xff. */
export const END = Buffer.from([0xff]);
/** Below any key. */
export const LEAST = Buffer.from([0]);
/** No name begins so, nor the key of a piece. */
export const SCRUBBED_AT = Buffer.from([0xff, 0xff]);
/** What the keys of a side table begin with. */
export const SIDE = Buffer.from([0xff, 0xff, 0xff]);
/** LMDB takes no longer keys, to search for either. */
export const KEY_MAX = 1_978;

/** A name, or the bytes of a key that no name can be. */
export type Key = string | Buffer;

/** Names go to LMDB and come from there without an object in between: there may be hundreds of thousands. */
export const keyEncoder = {
  writeKey(key: Key, target: Buffer, start: number): number {
    return start + (typeof key === 'string' ? target.write(key, start) : key.copy(target, start));
  },
  readKey(source: Buffer, start: number, end: number): Key {
    return source[start] === END[0]
      ? Buffer.from(source.subarray(start, end))
      : source.toString('utf8', start, end);
  },
};

/** What is written besides records is known by what no name can be: one with a NUL. */
export const ID_OF_SCRUBBED_AT = '\0scrubbed';

export function idOfPiece(name: string, at: number): string {
  return `${name}\0${at}`;
}

export function isName(id: string): boolean {
  return !id.includes('\0');
}

/** The key of what is known by this id. */
export function keyOf(id: string): Key {
  const [name = '', piece] = id.split('\0');
  if (piece === undefined) return name;
  return name === '' ? SCRUBBED_AT : keyOfPiece(name, Number(piece));
}

/** A key that no name can be, and no other name's piece. */
export function keyOfPiece(name: string, at: number): Buffer {
  const position = Buffer.alloc(4);
  position.writeUInt32BE(at);
  return Buffer.concat([END, Buffer.from(name), END, position]);
}

export function keyOfSide(key: string): Buffer {
  return Buffer.concat([SIDE, Buffer.from(key, 'latin1')]);
}

/** A key that nothing else has, for a moment. */
export function keyOfProbe(): Buffer {
  // Not where side tables are.
  return Buffer.concat([END, END, Buffer.from([0]), randomBytes(8)]);
}
