import type { IncomingMessage } from 'node:http';
import { SaxesParser } from 'saxes';
import { SealiftError } from '../errors/index.js';

/** A property by its namespace and name. */
export interface PropertyName {
  uri: string;
  local: string;
}

/** What a PROPFIND asks for: these properties, the names of all, or all of them. */
export type Wanted = PropertyName[] | 'names' | 'all';

const BODY_MAX = 64 * 1024;
const PROPERTIES_MAX = 100;
export const DAV = 'DAV:';

/**
 * Reads the body of a PROPFIND (RFC 4918, section 9.1). None asks for all properties.
 * @throws SealiftError BAD_REQUEST, TOO_LARGE
 */
export async function readPropfind(request: IncomingMessage): Promise<Wanted> {
  const pieces: Buffer[] = [];
  let length = 0;
  // Whoever stops in the middle still has to answer.
  for await (const piece of request.iterator({ destroyOnReturn: false })) {
    length += piece.length;
    if (length > BODY_MAX) throw new SealiftError('TOO_LARGE', 'PROPFIND: the body is too long');
    pieces.push(piece);
  }
  return length === 0 ? 'all' : parsePropfind(Buffer.concat(pieces).toString());
}

/** Exported for tests. No entities are expanded but XML's own, and nothing is loaded from elsewhere. */
export function parsePropfind(xml: string): Wanted {
  const parser = new SaxesParser({ xmlns: true });
  const path: string[] = [];
  const properties: PropertyName[] = [];
  let wanted: Wanted | null = null;
  parser.on('error', (cause) => {
    throw new SealiftError('BAD_REQUEST', 'PROPFIND: the body is not XML', { cause });
  });
  parser.on('opentag', ({ uri, local }) => {
    path.push(`${uri} ${local}`);
    if (path.length === 1 && path[0] !== `${DAV} propfind`) throw bad();
    if (path.length === 2 && uri === DAV) {
      if (local === 'prop') wanted = properties;
      else if (local === 'propname') wanted = 'names';
      else if (local === 'allprop') wanted = 'all';
    }
    if (path.length === 3 && path[1] === `${DAV} prop`) {
      if (properties.length === PROPERTIES_MAX) throw bad();
      properties.push({ uri, local });
    }
  });
  parser.on('closetag', () => void path.pop());
  parser.write(xml).close();
  if (wanted === null) throw bad();
  return wanted;
}

function bad(): SealiftError {
  return new SealiftError('BAD_REQUEST', 'PROPFIND: the body is not one');
}
