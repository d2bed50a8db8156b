import type { AccessControl } from './access/index.js';
import type { Executor } from './exec/index.js';
import type { Gateway } from './gateway.js';
import type { RequestRecord } from './request-record.js';
import type { ServerLimits } from './server-limits.js';

/** How others are to reach this server by a link; `fingerprint` where its certificate is known by that alone. */
export interface LinkSecurity {
  tls: true;
  fingerprint?: string;
}

/** What all connections of a server share. */
export interface ConnectionContext {
  access: AccessControl;
  limits: ServerLimits;
  onRequest: (record: RequestRecord) => void;
  /** Takes over who speaks another protocol. */
  gateway?: Gateway | null;
  /** Default: without TLS. */
  ofLinks?: (() => LinkSecurity | null) | undefined;
  /** Default: no program may be run. */
  executor?: Executor | null;
}
