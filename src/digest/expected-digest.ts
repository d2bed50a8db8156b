import { SealiftError } from '../errors/index.js';
import { ALGORITHMS, type Algorithm, HEX_LENGTH } from './algorithm.js';

/** A digest that somebody knows from elsewhere; `hex` in lower case. */
export interface ExpectedDigest {
  algorithm: Algorithm;
  hex: string;
}

/**
 * Parses `md5:HEX`, `sha256:HEX` or `blake3:HEX`.
 * @throws SealiftError USAGE
 */
export function parseExpectedDigest(text: string): ExpectedDigest {
  const [name = '', hex = ''] = text.toLowerCase().split(':');
  const algorithm = ALGORITHMS.find((known) => known === name);
  if (algorithm === undefined || text.split(':').length !== 2) {
    throw new SealiftError('USAGE', `expected digest "${text}": write md5:HEX, sha256:HEX or blake3:HEX`);
  }
  const length = HEX_LENGTH[algorithm];
  if (hex.length !== length || !/^[0-9a-f]*$/.test(hex)) {
    throw new SealiftError('USAGE', `expected digest "${text}": ${algorithm} has ${length} hex digits`);
  }
  return { algorithm, hex };
}
