import type { Store } from '../../store/index.js';
import type { ShareLinks } from './share-links.js';

/** What a connection, or a request by HTTP, may do. */
export interface Grant {
  /** `open`: nobody is asked who they are. `token`: of the server's own. `share`: of a link, which opens a part. */
  readonly kind: 'open' | 'token' | 'share';
  /** What may be seen of the storage. */
  readonly store: Store;
  /** When it ends, in milliseconds since the Unix epoch; undefined: not by itself. */
  readonly expires?: number;
  /** Whoever may make and revoke share links has them. */
  readonly links?: ShareLinks;
  /**
   * To be called at each request of a connection that was let in before.
   * @throws SealiftError FORBIDDEN for a link that was revoked or has expired meanwhile
   */
  ensureValid(): void;
  /**
   * To be called before bytes of a file are sent.
   * @throws SealiftError FORBIDDEN for a link that has been used up
   */
  use(): Promise<void>;
}

/** What somebody shows to be let in. */
export interface Credentials {
  token?: string | undefined;
  /** The capability of a share link. */
  share?: string | undefined;
  /** Made up by the client, one for all of its connections: with a link that opens so many times they count as one. */
  session?: string | undefined;
}
