import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** 32 bytes have 43 characters. */
const TICKET = /^(\d{1,12})\.([\w-]{43})$/;

/** The tokens of a server, which are not kept in the clear. */
export class Tokens {
  readonly #digests: readonly Buffer[];

  /** @param key what they are kept under: random, and of the process */
  constructor(
    tokens: readonly string[],
    private readonly key: Buffer = randomBytes(32),
  ) {
    this.#digests = tokens.map((token) => this.#digestOf(token));
  }

  get isEmpty(): boolean {
    return this.#digests.length === 0;
  }

  /** How long it takes says nothing of how much is right, nor of which token it is. */
  has(token: string): boolean {
    const digest = this.#digestOf(token);
    let found = false;
    for (const known of this.#digests) found = timingSafeEqual(known, digest) || found;
    return found;
  }

  /** `EXPIRES.MAC`, which says until then that somebody has shown this token; `expires` in seconds since the Unix epoch. */
  ticketFor(token: string, expires: number): string {
    return `${expires}.${macOf(this.#digestOf(token), expires).toString('base64url')}`;
  }

  /** It was given for one of the tokens that there are now, and has not expired. */
  hasTicket(ticket: string): boolean {
    const [, expires = '', mac = ''] = TICKET.exec(ticket) ?? [];
    if (Number(expires) * 1_000 <= Date.now()) return false;
    const shown = Buffer.from(mac, 'base64url');
    let found = false;
    for (const known of this.#digests) found = timingSafeEqual(macOf(known, expires), shown) || found;
    return found;
  }

  #digestOf(token: string): Buffer {
    return createHmac('sha256', this.key).update(token).digest();
  }
}

/** Keyed by the token, and by the secret of the process through it: whoever knows neither cannot make one, nor try tokens on one. */
function macOf(tokenDigest: Buffer, expires: number | string): Buffer {
  return createHmac('sha256', tokenDigest).update(`ticket ${expires}`).digest();
}
