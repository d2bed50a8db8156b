import { SealiftError } from '../errors/index.js';

/** What a request is for: a file by its name, or a folder by its name, `''` for the outermost. */
export interface Target {
  kind: 'file' | 'folder';
  name: string;
  /** The capability of the share link that the path begins with; null if it begins with none. */
  share: string | null;
  /** What all paths below that link begin with, `/.sealift/share/CAPABILITY`; else empty. */
  base: string;
  /** The host before the path, and its port, if there is one. */
  authority: string | undefined;
  /** What stands behind the `?`. */
  readonly query: URLSearchParams;
}

const SHARE = '.sealift/share/';
const NESTED = /(?:^|\/)\.sealift\/share\//;
const ABSOLUTE = /^https?:\/\/([^/?#]*)/i;

/**
 * Takes a request target apart (RFC 9112, section 3.2): `/a%20b?x=1`, or the same with a host before it. The path is taken as it is sent:
 * no dots or double slashes are resolved, so that what looks like another host or folder is the name of nothing. Nor is an encoded
 * slash one: a page would be found at another depth than its links count from.
 * @throws SealiftError BAD_REQUEST, NOT_FOUND
 */
export function parseTarget(target: string): Target {
  const [whole = '', authority] = ABSOLUTE.exec(target) ?? [];
  const local = target.slice(whole.length);
  const [path = '', ...query] = (local === '' ? '/' : local).split('?');
  if (!path.startsWith('/')) throw badTarget();
  let name: string;
  try {
    name = decodeURIComponent(path.slice(1));
  } catch (cause) {
    throw badTarget(cause);
  }
  if (slashesIn(name) !== slashesIn(path) - 1 || name === '/') throw noName();
  const { share, rest: own } = withoutShare(name);
  // Rule: a capability is never part of a name, which logs and messages tell.
  if (own === '/' || (own.includes(SHARE) && NESTED.test(own))) throw noName();
  // A link without its last slash is sent there as a folder is.
  const isFile = own === '' ? share !== null && !name.endsWith('/') : !own.endsWith('/');
  return {
    kind: isFile ? 'file' : 'folder',
    name: isFile ? own : own.slice(0, -1),
    share,
    base: share === null ? '' : `/${SHARE}${encodeSegment(share)}`,
    authority,
    // Files have no use for it.
    get query() {
      return new URLSearchParams(query.join('?'));
    },
  };
}

/** What stands before the name, where that is the path of a share link: hidden names are never files. */
function withoutShare(name: string): { share: string | null; rest: string } {
  if (!name.startsWith(SHARE) || name.length === SHARE.length || name[SHARE.length] === '/') {
    return { share: null, rest: name };
  }
  const slash = name.indexOf('/', SHARE.length);
  const end = slash < 0 ? name.length : slash;
  return { share: name.slice(SHARE.length, end), rest: name.slice(end + 1) };
}

/** The path of a file, or with a slash behind it of a folder; never begins with two slashes, as no name begins with one. */
export function pathOf(name: string): string {
  return `/${name.split('/').map(encodeSegment).join('/')}`;
}

/** The path of a folder, `''` for the outermost. */
export function folderPathOf(folder: string): string {
  return folder === '' ? '/' : `${pathOf(folder)}/`;
}

/** A segment of a path, in which nothing stands for anything else. */
export function encodeSegment(segment: string): string {
  return encodeURIComponent(segment).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function badTarget(cause?: unknown): SealiftError {
  return new SealiftError('BAD_REQUEST', 'the path of the request cannot be read', { cause });
}

function noName(): SealiftError {
  return new SealiftError('NOT_FOUND', 'no name is written so');
}

function slashesIn(text: string): number {
  return text.split('/').length - 1;
}
