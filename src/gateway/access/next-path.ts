import { folderPathOf, pathOf, type Target } from '../request-target.js';

/** Begins with one slash; nothing in it is a backslash, a control character or not ASCII: a browser would go elsewhere, or a header end. */
const LOCAL = /^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/;
const LENGTH_MAX = 2_048;
/** What else a query says is none of ours; somebody may have put a token there. */
const KEPT = ['search', 'after'];

/** Where one goes when one has logged in: what was asked for. */
export function pathAskedFor({ kind, name, query }: Target): string {
  const path = kind === 'folder' ? folderPathOf(name) : pathOf(name);
  const kept = new URLSearchParams();
  for (const key of KEPT) if (query.has(key)) kept.set(key, query.get(key) as string);
  return localPath(kept.size === 0 ? path : `${path}?${kept}`);
}

/** The path if it is one on this server, else that of the outermost folder. */
export function localPath(path: string): string {
  return path.length <= LENGTH_MAX && LOCAL.test(path) ? path : '/';
}
