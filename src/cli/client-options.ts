import type { Argv } from 'yargs';
import { connect, DEFAULT_RETRY, type Retry, type Sealift } from '../client/index.js';
import { asArguments } from './as-arguments.js';
import { parseDuration } from './duration.js';
import { findServer } from './find-server.js';
import { note } from './output.js';
import { parseWhole } from './whole-number.js';

export interface ClientArguments {
  server: string;
  timeout: string;
  retries: string;
  insecure: boolean;
  json: boolean;
}

const RETRIES_MAX = 1_000;
const DEFAULT_SERVER = 'sealift://127.0.0.1:9696';

/** The options of every command that talks to a server. */
export function clientOptions<T>(yargs: Argv<T>): Argv<T & ClientArguments> {
  return asArguments<T & ClientArguments>(
    yargs
      .option('server', {
        alias: 's',
        type: 'string',
        default: process.env.SEALIFT_SERVER || DEFAULT_SERVER,
        defaultDescription: `$SEALIFT_SERVER, else ${DEFAULT_SERVER}`,
        describe:
          'server: sealift://HOST[:PORT], HOST[:PORT], over TLS sealifts://HOST[:PORT][#sha256:HEX], a share link, or a name that "sealift discover" lists',
        requiresArg: true,
      })
      .option('timeout', {
        type: 'string',
        default: '30s',
        describe: 'give up on a server that makes no progress for this long',
        requiresArg: true,
      })
      .option('retries', {
        type: 'string',
        default: String(DEFAULT_RETRY.retries),
        describe:
          'tries in a row without progress after a broken connection, a busy or a stalled server; the first after 0.2 s, each later one after twice as long',
        requiresArg: true,
      })
      .option('insecure', {
        type: 'boolean',
        default: false,
        describe: 'let the token cross the network unencrypted',
      })
      .option('json', {
        type: 'boolean',
        default: false,
        describe: 'print NDJSON on stdout, for programs',
      }),
  );
}

/** Connects as the options say, runs `use`, and closes the connection. */
export async function withClient<R>(
  { server, timeout, retries, insecure, connections }: ClientArguments & { connections?: number | undefined },
  signal: AbortSignal,
  use: (client: Sealift) => Promise<R>,
  onRetry: (retry: Retry) => void = noteInTerminal,
): Promise<R> {
  const warn = (message: string) => note(`sealift: ${message}`);
  const { url, ...access } = await findServer(server, { signal, warn });
  const client = await connect(url, {
    ...access,
    insecure,
    timeout: parseDuration('--timeout', timeout),
    retries: parseWhole('retries', retries, 0, RETRIES_MAX),
    // One for what is asked beside a file.
    ...(connections === undefined ? {} : { connections: Math.max(2, connections) }),
    onRetry,
    onWait,
    signal,
  });
  try {
    return await use(client);
  } finally {
    client.close();
  }
}

let isWaitTold = false;

/** Of several connections that wait one tells. */
function onWait(): void {
  if (!process.stderr.isTTY || isWaitTold) return;
  isWaitTold = true;
  note('sealift: the server takes its time to let us in, as it does after wrong tokens; waiting');
}

/** For who waits before it; a program that reads the lines is told the end only. */
export function noteInTerminal(retry: Retry): void {
  if (!process.stderr.isTTY) return;
  // It is seldom needed, and what it loads takes time.
  void import('./report/fetch-lines.js').then(({ retryLine }) => note(retryLine(null, retry)));
}
