import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Access, Grant } from '../context.js';

const KEY = randomBytes(32);

/** The Authorization field that a connection was last let in by: it need not be asked about again. */
export class RightHeader {
  readonly #digest: Buffer;
  readonly #version: object;

  constructor(
    field: string,
    private readonly grant: Grant,
    { version }: Access,
  ) {
    this.#digest = digestOf(field);
    this.#version = version;
  }

  /**
   * What it opens; null if it is another one, or tokens were replaced meanwhile. A proxy may send on the requests of several people over
   * one connection: how long it takes says nothing of how much is right.
   */
  grantOf(field: string, { version }: Access): Grant | null {
    return timingSafeEqual(digestOf(field), this.#digest) && version === this.#version ? this.grant : null;
  }
}

function digestOf(field: string): Buffer {
  return createHmac('sha256', KEY).update(field).digest();
}
