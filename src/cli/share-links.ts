import { SealiftError } from '../errors/index.js';

/** No name has this in it: no segment of one begins with a dot. */
const MARK = '.sealift/share/';

/** True for what is meant as a share link, right or wrong. */
export function isShareLink(text: string): boolean {
  return text.includes(MARK);
}

/**
 * Of words that stand for names, the share link that is among them is the server.
 * @throws SealiftError USAGE for more than one
 */
export function splitLink(server: string, words: readonly string[]): { server: string; names: string[] } {
  const [link, ...more] = words.filter(isShareLink);
  if (more.length > 0) throw new SealiftError('USAGE', 'one share link at a time, please');
  return { server: link ?? server, names: words.filter((word) => !isShareLink(word)) };
}

/** A text that is shown, without what a link in it opens. */
export function withoutLinks(text: string): string {
  return text.replace(/\.sealift\/share\/[^\s"',]*/g, `${MARK}…`);
}
