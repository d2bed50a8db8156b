import { element } from '../dom.js';

/** Digests are read in groups of so many digits. */
const GROUP = 4;

/** Two digests in full, one below the other; where they differ is marked. */
export function digestPair(expected: string, received: string): HTMLElement {
  return element(
    'dl',
    { class: 'digests' },
    ...row('Expected MD5', expected, received),
    ...row('Received MD5', received, expected),
  );
}

function row(label: string, digest: string, other: string): HTMLElement[] {
  const groups = [];
  for (let at = 0; at < digest.length; at += GROUP) {
    const text = digest.slice(at, at + GROUP);
    groups.push(element(text === other.slice(at, at + GROUP) ? 'span' : 'mark', {}, text));
  }
  return [element('dt', {}, label), element('dd', {}, element('code', {}, ...groups))];
}
