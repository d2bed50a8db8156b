import type { StoredFile } from '../store/index.js';
import { contentDisposition } from './content-disposition.js';
import type { Grant } from './context.js';
import { digestFields, type WholeDigests } from './digest-fields.js';
import { dispositionOf, FILE_POLICY, PRIVATE_HEADERS, SAFE_HEADERS } from './safe-headers.js';
import { etagOf, httpDate } from './validators.js';

type Facts = StoredFile['facts'];

/** Names and values in turn: of all forms the one that Node makes a header of the soonest, and this is done for every small file. */
export type Fields = (string | number)[];

interface OfType {
  disposition: 'inline' | 'attachment';
  fields: Fields;
}

const OPEN: Fields = [...Object.entries(SAFE_HEADERS).flat(), 'Accept-Ranges', 'bytes'];
const PRIVATE: Fields = [...Object.entries(PRIVATE_HEADERS).flat(), 'Accept-Ranges', 'bytes'];
/** There are as many as the table of types has. */
const ofTypes = new Map<string, OfType>();

/** What tells a version of a file from another. */
export function versionFields({ mtime }: Facts, md5: string): Record<string, string> {
  const modified = httpDate(mtime);
  return modified === undefined ? { ETag: etagOf(md5) } : { ETag: etagOf(md5), 'Last-Modified': modified };
}

/** What goes before the bytes of a file, or a part of it, but for how many they are. */
export function fileFields(facts: Facts, digests: WholeDigests, { kind }: Pick<Grant, 'kind'>): Fields {
  const { name, type, mtime } = facts;
  const ofType = ofTypes.get(type) ?? rememberedType(type);
  const file = name.slice(name.lastIndexOf('/') + 1);
  const fields = (kind === 'open' ? OPEN : PRIVATE).concat(ofType.fields);
  fields.push('Content-Disposition', contentDisposition(ofType.disposition, file));
  fields.push('ETag', etagOf(digests.md5));
  const modified = httpDate(mtime);
  if (modified !== undefined) fields.push('Last-Modified', modified);
  const digestsOfIt = digestFields(digests);
  for (const field in digestsOfIt) fields.push(field, digestsOfIt[field] as string);
  return fields;
}

/** What shows in a browser does so as what it is, or not at all. */
function rememberedType(type: string): OfType {
  const isText = type.startsWith('text/') && !type.includes('charset');
  const shown = isText ? `${type}; charset=utf-8` : type;
  const ofType: OfType = {
    disposition: dispositionOf(type),
    fields: ['Content-Type', shown, 'Content-Security-Policy', FILE_POLICY],
  };
  ofTypes.set(type, ofType);
  return ofType;
}
