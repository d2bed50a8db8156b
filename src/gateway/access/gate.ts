import { SealiftError } from '../../errors/index.js';
import type { Access, Grant } from '../context.js';
import { ASSETS, answerAsset } from '../page-assets.js';
import { sendText } from '../send-text.js';
import type { Asking } from './asking.js';
import { LoginCookie } from './login-cookie.js';
import { readLoginForm, requireOwnPage } from './login-form.js';
import { LOGIN, LOGOUT } from './login-page.js';
import { pathAskedFor } from './next-path.js';
import { linkRefused, tokenMissing, tokenRefused } from './refusals.js';
import { RightHeader } from './right-header.js';
import { beginShareSession, shareSessionIn } from './share-cookie.js';
import { tokenIn } from './token-in.js';

/** Who has been let in. */
export interface Admitted {
  grant: Grant;
  /** With a browser, which may log out. */
  isLoggedIn: boolean;
}

/** What the form needs, and whoever is refused: nothing of the storage is in them. */
const FOR_ALL: ReadonlySet<string> = new Set(
  ['page.css', 'login.css', 'icon.svg', 'icons.svg'].map((path) => `${ASSETS}${path}`),
);

/** Decides whose requests are answered, and from what. Until then nothing is looked up: no answer tells whether a name is there. */
export class Gate {
  readonly #cookie: LoginCookie;

  constructor(private readonly access: Access) {
    this.#cookie = new LoginCookie(access);
  }

  /** Who is known, and need not be waited for; null if that is to be found out, or the request is for the gate itself. */
  known({ request, target, connection }: Omit<Asking, 'response'>): Admitted | null {
    if (target.share !== null) return null;
    const { anonymous } = this.access;
    if (anonymous !== null) return { grant: anonymous, isLoggedIn: false };
    if (target.name === LOGIN || target.name === LOGOUT) return null;
    const loggedIn = this.#cookie.grantOf(request);
    if (loggedIn !== null) return { grant: loggedIn, isLoggedIn: true };
    const { authorization } = request.headers;
    const grant =
      authorization === undefined
        ? null
        : (connection.rightHeader?.grantOf(authorization, this.access) ?? null);
    return grant && { grant, isLoggedIn: false };
  }

  /**
   * Who may go on; null if the request has been answered. May wait for long, and forgets who does not.
   * @throws SealiftError UNAUTHORIZED, FORBIDDEN, ABORTED; for a login BAD_REQUEST, TOO_LARGE, TIMEOUT, too
   */
  async admit(asking: Asking): Promise<Admitted | null> {
    const { target, response, request } = asking;
    if (target.share !== null) return this.#admitLink(asking, target.share);
    const known = this.known(asking);
    if (known !== null) return known;
    if (target.kind === 'file' && target.name === LOGOUT) return this.#logOut(asking);
    if (target.kind === 'file' && target.name === LOGIN) return this.#logIn(asking);
    if (FOR_ALL.has(target.name) && isRead(asking)) {
      await answerAsset(target.name, (fields, bytes) => sendText(response, 200, fields, bytes));
      return null;
    }
    const token = tokenIn(request);
    const next = pathAskedFor(target);
    if (token === null) throw tokenMissing(asking, next);
    const grant = await this.#authorize(asking, token, next);
    const { authorization = '' } = request.headers;
    asking.connection.rightHeader = new RightHeader(authorization, grant, this.access);
    return { grant, isLoggedIn: false };
  }

  async #admitLink(asking: Asking, share: string): Promise<Admitted> {
    const session = shareSessionIn(asking);
    const { connection, target } = asking;
    const from = { address: connection.address, signal: connection.unlessEnded };
    try {
      const grant = await this.access.authorize({ share, ...(session && { session }) }, from);
      // Rule: a link opens what it is for, and never all that somebody else may see.
      if (grant.kind !== 'share')
        throw new SealiftError('UNAUTHORIZED', 'this link is not one of this server');
      if (session === undefined && target.kind === 'folder' && isRead(asking)) beginShareSession(asking);
      return { grant, isLoggedIn: false };
    } catch (error) {
      throw isOf(error, 'UNAUTHORIZED', 'FORBIDDEN') ? linkRefused(error) : error;
    }
  }

  async #authorize(asking: Asking, token: string, next: string): Promise<Grant> {
    const { address, unlessEnded } = asking.connection;
    try {
      return await this.access.authorize({ token }, { address, signal: unlessEnded });
    } catch (error) {
      throw isOf(error, 'UNAUTHORIZED') ? tokenRefused(error, asking, next) : error;
    }
  }

  async #logIn(asking: Asking): Promise<null> {
    const { request, response } = asking;
    if (request.method !== 'POST') {
      if (!isRead(asking) || this.#cookie.grantOf(request) === null) throw tokenMissing(asking, '/');
      return redirect(asking, '/');
    }
    requireOwnPage(request);
    const { token, next } = await readLoginForm(asking);
    if (token === '') throw tokenMissing(asking, next);
    await this.#authorize(asking, token, next);
    response.setHeader('Set-Cookie', this.#cookie.of(request, token));
    return redirect(asking, next);
  }

  async #logOut(asking: Asking): Promise<null> {
    const { request, response } = asking;
    if (request.method !== 'POST') throw tokenMissing(asking, '/');
    requireOwnPage(request);
    response.setHeader('Set-Cookie', this.#cookie.none(request));
    return redirect(asking, '/');
  }
}

/** What comes next is asked for anew, whatever was sent (RFC 9110, section 15.4.4). */
function redirect({ response }: Asking, path: string): null {
  sendText(response, 303, { Location: path, 'Cache-Control': 'no-store' });
  return null;
}

function isRead({ request: { method } }: Asking): boolean {
  return method === 'GET' || method === 'HEAD';
}

function isOf(error: unknown, ...codes: string[]): error is SealiftError {
  return error instanceof SealiftError && codes.includes(error.code);
}
