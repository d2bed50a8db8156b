import { escapePattern, isPattern } from '../../protocol/index.js';
import type { Place } from '../place.js';

/**
 * The folder that a shell is in. It is known on this side alone: names are made whole with it before they are sent.
 * `..` leads to the folder around it, and from the outermost one nowhere else.
 */
export class RemoteFolder implements Place {
  /** @param path a name without a slash at either end; empty for the outermost folder */
  constructor(readonly path: string = '') {}

  get pattern(): string {
    return this.path === '' ? '**' : `${escapePattern(this.path)}/**`;
  }

  /** The whole name of what is typed here: below this folder, or with a slash in front below the outermost one. */
  nameOf(typed: string): string {
    return join(typed.startsWith('/') ? '' : this.path, typed);
  }

  /** As {@link nameOf}, of what may be a pattern or, with a slash at its end, a folder. Neither has a meaning in this folder's own name. */
  patternOf(typed: string): string {
    // Not the whole folder: that has to be asked for.
    if (typed === '') return '';
    const base = typed.startsWith('/') ? '' : this.path;
    const isLiteral = !isPattern(base) && !isPattern(typed);
    const below = isLiteral || isPattern(typed) ? typed : escapePattern(typed);
    const whole = join(isLiteral ? base : escapePattern(base), below);
    if (whole === '') return '**';
    return /(?:^|\/)\.{0,2}$/.test(typed) ? `${whole}/` : whole;
  }

  nameHere(name: string): string {
    if (this.path === '') return name;
    return name.startsWith(`${this.path}/`) ? name.slice(this.path.length + 1) : `/${name}`;
  }
}

function join(base: string, typed: string): string {
  const segments = base === '' ? [] : base.split('/');
  for (const segment of typed.normalize('NFC').split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(segment);
  }
  return segments.join('/');
}
