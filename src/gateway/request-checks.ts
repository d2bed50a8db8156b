import type { IncomingMessage } from 'node:http';
import { SealiftError } from '../errors/index.js';
import { HostCheck } from './host-check.js';
import type { HttpConnection } from './http-connection.js';
import { parseTarget, type Target } from './request-target.js';

/** What a request is refused for whoever sends it, and whatever is behind its target. */
export class RequestChecks {
  readonly #hosts: HostCheck;

  constructor(allowHosts: readonly string[]) {
    this.#hosts = new HostCheck(allowHosts);
  }

  /** @throws SealiftError BAD_REQUEST, NOT_FOUND, FORBIDDEN */
  targetOf(request: IncomingMessage, connection: HttpConnection): Target {
    // What is asked of the server as a whole is asked of its outermost folder.
    const isOfAll = request.method === 'OPTIONS' && request.url === '*';
    const target = parseTarget(isOfAll ? '/' : (request.url ?? '/'));
    requireKnownFraming(request);
    requireNoServiceWorker(request);
    const host = onlyHost(request);
    const { origin } = request.headers;
    const { authority } = target;
    const isKnown = host !== undefined && host === connection.allowedHost;
    if (isKnown && origin === undefined && authority === undefined) return target;
    this.#hosts.require({ host, authority, origin, localAddress: connection.socket.localAddress });
    connection.allowedHost = host;
    return target;
  }
}

/**
 * Where one request ends and the next begins must be the same for everybody on the way (RFC 9112, section 6.1).
 * @throws SealiftError BAD_REQUEST
 */
function requireKnownFraming({ headers, httpVersion }: IncomingMessage): void {
  const coding = headers['transfer-encoding'];
  if (coding === undefined || (/^chunked$/i.test(coding) && httpVersion === '1.1')) return;
  throw new SealiftError('BAD_REQUEST', 'a Transfer-Encoding other than chunked');
}

/**
 * A browser lets a script from here answer for this server from then on, also after it is gone: no script is meant for that, and a file least of all.
 * @throws SealiftError FORBIDDEN
 */
function requireNoServiceWorker({ headers }: IncomingMessage): void {
  if (headers['service-worker'] === undefined) return;
  throw new SealiftError('FORBIDDEN', 'nothing here may answer in place of this server');
}

/**
 * The name under which a request asks.
 * @throws SealiftError BAD_REQUEST for several: whoever passed it on may have looked at another one
 */
function onlyHost({ headers, rawHeaders }: IncomingMessage): string | undefined {
  let count = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const field = rawHeaders[at] as string;
    if (field.length === 4 && field.toLowerCase() === 'host') count++;
  }
  if (count > 1) throw new SealiftError('BAD_REQUEST', 'more than one Host');
  return headers.host;
}
