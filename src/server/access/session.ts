import { ProtocolError, type RequestOf } from '../../protocol/index.js';
import type { QueuedRequest } from '../request-queue.js';
import type { AccessControl } from './access-control.js';
import type { Grant } from './grant.js';

/** Who is at the other end of a connection, as far as it has said so. */
export class Session {
  #grant: Grant | null;

  constructor(
    private readonly access: AccessControl,
    private readonly address: string,
  ) {
    this.#grant = access.anonymous;
  }

  /** Null until the client has said who it is. */
  get grant(): Grant | null {
    return this.#grant;
  }

  /**
   * What a request may do. Rule: before a `hello` has succeeded nothing else is answered, not even that there is no such op.
   * @throws SealiftError UNAUTHORIZED, FORBIDDEN; ProtocolError where no request could be read
   */
  async grantFor({ op, content }: QueuedRequest, signal: AbortSignal): Promise<Grant> {
    // Rule: which ops there are, and what they take, is told by no complaint about their fields either.
    const mayComplain = this.#grant !== null || op === '-' || op === 'hello';
    if (mayComplain && 'error' in content && content.error instanceof ProtocolError) throw content.error;
    const hello = helloIn(content);
    if (this.#grant !== null && hello?.token === undefined && hello?.share === undefined) {
      this.#grant.ensureValid();
      return this.#grant;
    }
    return this.access.authorize(hello ?? {}, { address: this.address, signal });
  }

  /** A request was answered: if it was a `hello`, what it may do holds for those behind it. */
  answered(content: QueuedRequest['content'], grant: Grant): void {
    if (helloIn(content) !== null) this.#grant = grant;
  }
}

function helloIn(content: QueuedRequest['content']): RequestOf<'hello'> | null {
  return 'request' in content && content.request.op === 'hello' ? content.request : null;
}
