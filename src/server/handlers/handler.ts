import type { Op, RequestOf } from '../../protocol/index.js';
import type { Store } from '../../store/index.js';
import type { Grant } from '../access/index.js';
import type { LinkSecurity } from '../connection-context.js';
import type { ExecInput, Executor } from '../exec/index.js';
import type { ReplyWriter } from '../reply-writer.js';
import type { RequestRecord } from '../request-record.js';
import type { ServerLimits } from '../server-limits.js';

export interface HandlerContext {
  grant: Grant;
  /** What the grant lets see. */
  store: Store;
  writer: ReplyWriter;
  limits: ServerLimits;
  /** Aborts when nobody waits for the answer any more. */
  signal: AbortSignal;
  /** Aborts when perhaps nobody does: what costs nothing, as others wait for it too, goes on. */
  unlessShared: AbortSignal;
  ofLinks?: (() => LinkSecurity | null) | undefined;
  /** Null where no program may be run. */
  executor: Executor | null;
  input: ExecInput;
  /** Of this request, for the log. */
  record: RequestRecord;
}

/** Answers one request. What it throws becomes a failure frame, or resets the connection if a body has begun. */
export type Handler<O extends Op> = (request: RequestOf<O>, context: HandlerContext) => Promise<void>;
