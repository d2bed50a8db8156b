import type { IncomingMessage } from 'node:http';
import type { Access, Grant } from '../context.js';
import { cookieRules, cookiesIn, isSecure } from './cookies.js';

const SECONDS = 30 * 24 * 60 * 60;

/** Lets in whoever has logged in with a browser. The cookie is a ticket, and never the token. */
export class LoginCookie {
  constructor(private readonly access: Access) {}

  /**
   * Null for none, and for one that is wrong or too old. That costs nobody time: what is guessed there is a MAC of 32 bytes, keyed by a secret
   * that never leaves the process. A token that was guessed cannot be tried on it.
   */
  grantOf(request: IncomingMessage): Grant | null {
    if (request.headers.cookie === undefined) return null;
    for (const ticket of cookiesIn(request, nameOf(request))) {
      const grant = this.access.ofTicket(ticket);
      if (grant !== null) return grant;
    }
    return null;
  }

  /** For the Set-Cookie field. */
  of(request: IncomingMessage, token: string): string {
    const ticket = this.access.ticketFor(token, Math.floor(Date.now() / 1_000) + SECONDS);
    return `${nameOf(request)}=${ticket}${rules(request, SECONDS)}`;
  }

  /** The same, to be forgotten. */
  none(request: IncomingMessage): string {
    return `${nameOf(request)}=${rules(request, 0)}`;
  }
}

function rules(request: IncomingMessage, maxAge: number): string {
  return cookieRules(request, { path: '/', sameSite: 'Strict', maxAge });
}

/** Servers on other ports of a host share its cookies (RFC 6265, section 8.5): each has a name of its own. Over TLS none is taken that was set without. */
function nameOf(request: IncomingMessage): string {
  const { headers, socket } = request;
  const { host } = headers;
  const [, port] = /:(\d{1,5})$/.exec(host ?? `:${socket.localPort}`) ?? [];
  return isSecure(request) ? `__Host-sealift-${port ?? 443}` : `sealift-${port ?? 80}`;
}
