/** What a server grants its peers; each an option of `serve`. Times in milliseconds. */
export interface ServerLimits {
  maxConnections: number;
  /** Of one address; loopback excepted. */
  maxConnectionsPerAddress: number;
  backlog: number;
  /** For the first frame after connecting, and any frame once begun. Absolute: more bytes do not extend it. */
  headerTimeout: number;
  /** Between requests. */
  idleTimeout: number;
  /** For a body that makes no progress. */
  bodyTimeout: number;
  /** Bytes a second that a body must make on average, once it has run for {@link minRateAfter}. */
  minRate: number;
  minRateAfter: number;
  /** Pipelined requests that are read before the first of them is answered. */
  readAhead: number;
  /** Files hashed at once. */
  hashers: number;
  /** For running transfers when the server is told to stop. */
  drainTimeout: number;
  /** That a wrong token costs its address; doubled with each. */
  wrongTokenDelay: number;
  wrongTokenDelayMax: number;
}

export const DEFAULT_LIMITS: ServerLimits = {
  maxConnections: 1_024,
  maxConnectionsPerAddress: 64,
  backlog: 511,
  headerTimeout: 10_000,
  idleTimeout: 5 * 60_000,
  bodyTimeout: 60_000,
  minRate: 500,
  minRateAfter: 5_000,
  readAhead: 256,
  hashers: 2,
  drainTimeout: 30_000,
  wrongTokenDelay: 5_000,
  wrongTokenDelayMax: 10 * 60_000,
};
