import { randomBytes } from 'node:crypto';
import { SealiftError } from '../../errors/index.js';
import type { Store } from '../../store/index.js';
import type { Credentials, Grant } from './grant.js';
import { Penalties, type PenaltyOptions } from './penalties.js';
import { ShareLinks } from './share-links.js';
import { sharedGrant } from './shared-grant.js';
import { Tokens } from './tokens.js';

/** Decides who may do what, before anything is looked up. */
export class AccessControl {
  /** Of this process: what was given out before it began is worth nothing. */
  readonly #secret = randomBytes(32);
  #tokens: Tokens;
  readonly #penalties: Penalties;
  readonly #links: ShareLinks;

  constructor(
    private readonly store: Store,
    tokens: readonly string[],
    options: PenaltyOptions,
    private readonly now: () => number = Date.now,
  ) {
    this.#tokens = new Tokens(tokens, this.#secret);
    this.#penalties = new Penalties(options);
    this.#links = new ShareLinks(store, now);
  }

  /** Who has no token is told nothing. */
  get isClosed(): boolean {
    return !this.#tokens.isEmpty;
  }

  /** Of whoever says nothing; null if that is not enough. */
  get anonymous(): Grant | null {
    return this.isClosed ? null : this.#whole('open');
  }

  /** Another object since tokens were replaced: what was found out before does not hold any more. */
  get version(): object {
    return this.#tokens;
  }

  /** What a browser shows instead of the token from then on; `expires` in seconds since the Unix epoch. */
  ticketFor(token: string, expires: number): string {
    return this.#tokens.ticketFor(token, expires);
  }

  /** Null for what is no ticket, has expired, or was for a token that is none any more. */
  ofTicket(ticket: string): Grant | null {
    return this.#tokens.hasTicket(ticket) ? this.#whole('token') : null;
  }

  /** From now on these are the tokens. Connections that were let in by others go on. */
  replaceTokens(tokens: readonly string[]): void {
    // Rule: who changes tokens does not open a server.
    if (tokens.length === 0) throw new SealiftError('USAGE', 'no token is left');
    this.#tokens = new Tokens(tokens, this.#secret);
  }

  /**
   * @param address of the peer: a wrong token costs it time
   * @throws SealiftError UNAUTHORIZED; FORBIDDEN for a share link that has come to its end
   */
  async authorize(
    { token, share, session }: Credentials,
    { address, signal }: { address: string; signal?: AbortSignal },
  ): Promise<Grant> {
    // Rule: who shows a link sees what that opens and no more, whatever else there is to see.
    if (share !== undefined) return sharedGrant(this.store, { share, session }, this.now);
    const { anonymous } = this;
    if (anonymous) return anonymous;
    if (token === undefined) throw missing();
    if (!(await this.#penalties.attempt(address, () => this.#tokens.has(token), signal))) {
      throw new SealiftError('UNAUTHORIZED', 'wrong token');
    }
    return this.#whole('token');
  }

  #whole(kind: 'open' | 'token'): Grant {
    const grant = { kind, store: this.store, ensureValid: () => {}, use: async () => {} };
    // Rule: where nobody is asked who they are, nobody lets others in.
    return kind === 'token' ? { ...grant, links: this.#links } : grant;
  }
}

function missing(): SealiftError {
  return new SealiftError(
    'UNAUTHORIZED',
    'this server needs a token: set SEALIFT_TOKEN, add a line to ~/.config/sealift/tokens, or use the link that you were given',
  );
}
