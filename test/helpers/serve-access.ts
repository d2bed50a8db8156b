import { once } from 'node:events';
import { createServer } from 'node:net';
import { onTestFinished } from 'vitest';
import { SealiftError } from '#sealift/errors/index.js';
import { httpGateway } from '#sealift/gateway/index.js';
import { AccessControl } from '#sealift/server/access/index.js';
import { Connection } from '#sealift/server/connection.js';
import { gatewayParts } from '#sealift/server/gateway.js';
import type { RequestRecord } from '#sealift/server/index.js';
import { DEFAULT_LIMITS } from '#sealift/server/server-limits.js';
import type { Store } from '#sealift/store/index.js';

/** Serves, from this process, what an access control of the test's own lets be seen. */
export async function serveAccess(access: AccessControl) {
  const records: RequestRecord[] = [];
  const onRequest = (record: RequestRecord) => void records.push(record);
  const gateway = httpGateway()(gatewayParts(access, DEFAULT_LIMITS, onRequest));
  const server = createServer(
    { allowHalfOpen: true },
    (socket) => new Connection(socket, { access, limits: DEFAULT_LIMITS, onRequest, gateway }),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    gateway.drain();
    server.close();
    gateway.close();
  });
  const { port } = server.address() as { port: number };
  return { port, records };
}

/** Of a store, the names that `sees` tells. Its pages are as long as what there is besides leaves them, down to nothing. */
function scopedStore(store: Store, sees: (name: string) => boolean): Store {
  return {
    list: async (query) => {
      const { entries, next } = await store.list(query);
      return { entries: entries.filter(({ name }) => sees(name)), next };
    },
    open: (name) =>
      sees(name) ? store.open(name) : Promise.reject(new SealiftError('NOT_FOUND', `${name}: no such file`)),
    close: async () => {},
  };
}

/** Links `good`, which opens what `sees` tells as often as `uses` says; `old`, which has expired; and none else. */
export class LinkAccess extends AccessControl {
  /** Sessions that bytes were sent in; undefined is one of its own each time. */
  readonly used: (string | undefined)[] = [];

  constructor(
    private readonly all: Store,
    private readonly link: { sees: (name: string) => boolean; uses?: number; expires?: number },
    tokens: string[] = [],
  ) {
    super(all, tokens, DEFAULT_LIMITS);
  }

  override async authorize(...[shown, from]: Parameters<AccessControl['authorize']>) {
    const { share, session } = shown;
    if (share === undefined) return super.authorize(shown, from);
    if (share === 'old') throw new SealiftError('FORBIDDEN', 'this link has expired');
    // As for a server that knows nothing of links.
    if (share === 'ignored')
      return { kind: 'open' as const, store: this.all, ensureValid: () => {}, use: async () => {} };
    if (share !== 'good') throw new SealiftError('UNAUTHORIZED', 'this link is not one of this server');
    const { sees, uses = 1_000, expires } = this.link;
    const use = async () => {
      if (session !== undefined && this.used.includes(session)) return;
      if (this.used.length === uses) throw new SealiftError('FORBIDDEN', 'this link has been used up');
      this.used.push(session);
    };
    const ensureValid = () => {};
    return {
      kind: 'share' as const,
      store: scopedStore(this.all, sees),
      ...(expires === undefined ? {} : { expires }),
      ensureValid,
      use,
    };
  }
}
