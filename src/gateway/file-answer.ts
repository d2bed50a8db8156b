import { createHash } from 'node:crypto';
import { SealiftError, systemCode } from '../errors/index.js';
import type { StoredFile } from '../store/index.js';
import { type ByteRange, parseRange } from './byte-range.js';
import { wantsSha256 } from './digest-fields.js';
import type { Exchange } from './exchange.js';
import { type Fields, fileFields, versionFields } from './file-fields.js';
import { ResponseWriter } from './response-writer.js';
import { etagOf, isRangeWanted, isUnmodified, isWanted } from './validators.js';

/** A file that is replaced or written to before anything of it was sent is tried this often. */
const ATTEMPTS = 3;
const PIECE = 256 * 1024;

/** Answers with a file, a part of it, or that it is the one that the client has. */
export async function answerFile(exchange: Exchange): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await sendFile(exchange);
    } catch (error) {
      const mayRepeat = systemCode(error) === 'CHANGED' && !exchange.response.headersSent;
      if (!mayRepeat || attempt === ATTEMPTS) throw error;
    }
  }
}

async function sendFile(exchange: Exchange): Promise<void> {
  const { request, target, store, signal } = exchange;
  const file = await store.open(target.name);
  try {
    const { md5 } = await file.digests({ signal, unlessShared: exchange.connection.unlessShared });
    const { size, mtime } = file.facts;
    const validators = { etag: etagOf(md5), mtime };
    const about = versionFields(file.facts, md5);
    if (!isWanted(request.headers, validators)) return exchange.send(412, about);
    if (isUnmodified(request.headers, validators)) return exchange.send(304, about);
    const asked = isRangeWanted(request.headers, validators) ? parseRange(request.headers.range, size) : null;
    const range = request.method === 'GET' ? asked : null;
    if (range === 'none') {
      exchange.response.setHeader('Content-Range', `bytes */${size}`);
      throw new SealiftError('RANGE', `${target.name}: there are no such bytes; it has ${size}`);
    }
    const sha256 = wantsSha256(request.headers['want-repr-digest']) ? await sha256Of(file, exchange) : null;
    const fields = fileFields(file.facts, { md5, sha256, isWhole: range === null }, exchange.grant);
    await sendBytes(exchange, file, range, fields);
  } finally {
    await file.close();
  }
}

async function sendBytes(
  exchange: Exchange,
  file: StoredFile,
  range: ByteRange | null,
  fields: Fields,
): Promise<void> {
  const { context, response } = exchange;
  const { size } = file.facts;
  const { offset, length } = range ?? { offset: 0, length: size };
  if (range) fields.push('Content-Range', `bytes ${offset}-${offset + length - 1}/${size}`);
  fields.push('Content-Length', length);
  if (exchange.isHead || length === 0) {
    response.writeHead(range ? 206 : 200, fields as string[]);
    response.end();
    return;
  }
  await exchange.grant.use();
  const writer = new ResponseWriter(response, context, range ? 206 : 200);
  try {
    await context.sendBody(file, { offset, length }, writer, fields);
    response.end();
  } finally {
    exchange.bodyBytes = writer.bodyBytes;
  }
}

function sha256Of(file: StoredFile, { reads, signal }: Exchange): Promise<string> {
  return reads.during(async () => {
    const hash = createHash('sha256');
    const use = (bytes: Buffer) => hash.update(bytes);
    for await (const _ of reads.pieces(file, { length: PIECE, signal, use }));
    return hash.digest('hex');
  });
}
