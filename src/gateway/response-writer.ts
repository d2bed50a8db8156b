import type { ServerResponse } from 'node:http';
import type { BodyWriter, GatewayContext, PacedWrites } from './context.js';

/** Writes one response, no faster than the peer takes it. */
export class ResponseWriter implements BodyWriter {
  readonly #paced: PacedWrites;
  #bodyBytes = 0;

  constructor(
    private readonly response: ServerResponse,
    context: GatewayContext,
    private readonly status: number,
  ) {
    // Of the request: the response forgets its socket when that is gone.
    this.#paced = context.pacedWrites(response.req.socket);
    this.#paced.begin();
  }

  get bodyBytes(): number {
    return this.#bodyBytes;
  }

  /** Held back until the first bytes, which it goes out with. */
  header(fields: object): void {
    this.response.writeHead(this.status, fields as Record<string, string>);
  }

  async body(bytes: Buffer): Promise<void> {
    await this.#paced.taken((done) => this.response.write(bytes, done));
    this.#bodyBytes += bytes.length;
  }
}
