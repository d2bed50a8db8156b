import { createHash } from 'node:crypto';
import type { StoredFile } from '../store/index.js';
import { isSecure } from './access/index.js';
import type { Exchange } from './exchange.js';
import { escapeXml } from './html.js';
import { pathOf } from './request-target.js';
import { streamText } from './stream-text.js';
import { httpDate } from './validators.js';

/** Bytes of a piece: a program that reads this mends a file piece by piece. */
const PIECE = 1 << 20;
/** Of a larger file the pieces are too many for what reads it. */
const PIECES_MAX = 65_536;

/**
 * Answers with a Metalink (RFC 5854) of one file: where it is, its size, its MD5, and the SHA-256 of each piece, for which the file
 * is read once more.
 */
export async function answerMetalink(exchange: Exchange, name: string): Promise<void> {
  const { store, signal, connection } = exchange;
  const file = await store.open(name);
  try {
    const { md5 } = await file.digests({ signal, unlessShared: connection.unlessShared });
    const text = metalink(exchange, name, file, md5);
    const fields = { 'Content-Type': 'application/metalink4+xml' };
    await exchange.reads.during(() => streamText(exchange, fields, text));
  } finally {
    await file.close();
  }
}

async function* metalink(
  { request, base, reads, signal }: Exchange,
  name: string,
  file: StoredFile,
  md5: string,
): AsyncGenerator<string> {
  const { size, mtime } = file.facts;
  const own = name.slice(name.lastIndexOf('/') + 1);
  const scheme = isSecure(request) ? 'https' : 'http';
  const url = `${scheme}://${request.headers.host ?? 'localhost'}${base}${pathOf(name)}`;
  const published = httpDate(mtime) && new Date(mtime).toISOString().replace(/\.\d+Z$/, 'Z');
  yield `<?xml version="1.0" encoding="UTF-8"?>
<metalink xmlns="urn:ietf:params:xml:ns:metalink">
<generator>Sealift</generator>
${published ? `<published>${published}</published>\n` : ''}<file name="${escapeXml(own)}">
<size>${size}</size>
<hash type="md5">${md5}</hash>
`;
  if (size > 0 && size <= PIECE * PIECES_MAX) {
    yield `<pieces length="${PIECE}" type="sha-256">\n`;
    const use = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
    for await (const hash of reads.pieces(file, { length: PIECE, signal, use }))
      yield `<hash>${hash}</hash>\n`;
    yield '</pieces>\n';
  }
  yield `<url>${escapeXml(url)}</url>\n</file>\n</metalink>\n`;
}
