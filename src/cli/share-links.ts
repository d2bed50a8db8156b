import { SealiftError } from '../errors/index.js';

/** No name has this in it: no segment of one begins with a dot. */
const MARK = '.sealift/share/';

/** True for what is meant as a share link, right or wrong. */
export function isShareLink(text: string): boolean {
  return text.includes(MARK);
}

/** No name has this in it either: no segment of one is empty. */
const ADDRESS = /^(?:sealifts?|https?):\/\//i;
/** However the way to it is written: a link that is mistyped opens nothing, and what is in it may be right. */
const LINK = /(sealift\/+share\/+)[^\s"',]*/gi;
/** The user part of an address, which may be a token. */
const USER = /((?:sealifts?|https?):\/\/)[^\s"'/]*@/gi;

/**
 * Of words that stand for names, the share link that is among them is the server.
 * @throws SealiftError USAGE for more than one, and for the address of a server: as a name it would be sent to another one, with the token in it
 */
export function splitLink(server: string, words: readonly string[]): { server: string; names: string[] } {
  const [link, ...more] = words.filter(isShareLink);
  if (more.length > 0) throw new SealiftError('USAGE', 'one share link at a time, please');
  const names = words.filter((word) => !isShareLink(word));
  if (names.some((name) => ADDRESS.test(name))) {
    throw new SealiftError(
      'USAGE',
      'the address of a server stands behind -s: sealift fetch -s ADDRESS NAME',
    );
  }
  return { server: link ?? server, names };
}

/** A text that is shown, without what a link in it opens, or the token of an address. */
export function withoutLinks(text: string): string {
  return text.replace(LINK, '$1…').replace(USER, '$1…@');
}
