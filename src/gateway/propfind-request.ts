import { SaxesParser } from 'saxes';
import { SealiftError } from '../errors/index.js';
import type { Exchange } from './exchange.js';

/** A property by its namespace and name. */
export interface PropertyName {
  uri: string;
  local: string;
}

/** What a PROPFIND asks for: these properties, the names of all, or all of them. */
export type Wanted = PropertyName[] | 'names' | 'all';

const BODY_MAX = 64 * 1024;
const PROPERTIES_MAX = 100;
/** Of all their names, as they come back for each file: a prefix makes a long name of a short one. */
const NAMES_MAX = 8 * 1024;
/** What is asked for stands on the third level; resolving names takes longer the deeper they stand. */
const DEPTH_MAX = 16;
export const DAV = 'DAV:';

/**
 * Reads the body of a PROPFIND (RFC 4918, section 9.1). None asks for all properties.
 * @throws SealiftError BAD_REQUEST, TOO_LARGE
 */
export async function readPropfind({ request, response, connection }: Exchange): Promise<Wanted> {
  if (/^100-continue$/i.test(request.headers.expect ?? '')) response.writeContinue();
  const body = await connection.readBody(request, BODY_MAX);
  return body.length === 0 ? 'all' : parsePropfind(textOf(body));
}

/** Exported for tests. No entities are expanded but XML's own, and nothing is loaded from elsewhere. */
export function parsePropfind(xml: string): Wanted {
  const parser = new SaxesParser({ xmlns: true });
  const path: string[] = [];
  const properties: PropertyName[] = [];
  let namesLength = 0;
  let wanted: Wanted | null = null;
  parser.on('error', (cause) => {
    throw new SealiftError('BAD_REQUEST', 'PROPFIND: the body is not XML', { cause });
  });
  parser.on('opentag', ({ uri, local }) => {
    path.push(`${uri} ${local}`);
    if (path.length > DEPTH_MAX) throw bad();
    if (path.length === 1 && path[0] !== `${DAV} propfind`) throw bad();
    if (path.length === 2 && uri === DAV) {
      if (local === 'prop') wanted = properties;
      else if (local === 'propname') wanted = 'names';
      else if (local === 'allprop') wanted = 'all';
    }
    if (path.length === 3 && path[1] === `${DAV} prop`) {
      namesLength += uri.length + local.length;
      if (properties.length === PROPERTIES_MAX || namesLength > NAMES_MAX) throw bad();
      properties.push({ uri, local });
    }
  });
  parser.on('closetag', () => void path.pop());
  parser.write(xml).close();
  if (wanted === null) throw bad();
  return wanted;
}

function textOf(body: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    throw bad();
  }
}

function bad(): SealiftError {
  return new SealiftError('BAD_REQUEST', 'PROPFIND: the body is not one');
}
