import { CHUNK, digestsOf } from './files.js';
import { frame, maliciousServer, type Wire } from './wire.js';

type Json = Record<string, unknown>;

/** What a {@link chunkServer} does otherwise than an honest server would. */
export interface Tricks {
  /** Changes a reply's header. `nth` counts the replies to this op, from 0. */
  header?: (header: Json, request: Json, nth: number) => Json;
  /** Changes a copy of the body of a `get` or `manifest`. */
  body?: (body: Buffer, request: Json, nth: number) => Buffer;
  /** Answers a request itself, and returns true. */
  answer?: (wire: Wire, request: Json, nth: number) => boolean | Promise<boolean>;
}

export interface ChunkServer {
  url: string;
  /** All requests, in the order in which they came. */
  requests: Json[];
  /** Those of an op. */
  asked: (op: string) => Json[];
  /** Ranges of the file that were asked for with an MD5, as chunk numbers: `[first, behind the last]`. */
  ranges: () => [number, number][];
  /** Bytes of bodies of `get` that were handed to the network. */
  sent: () => number;
  /** What it serves from now on. */
  serve: (content: Buffer) => void;
}

/**
 * A server of one file under any name, in this process, written without Sealift's own code, that counts what it is asked
 * for and plays tricks.
 */
export async function chunkServer(content: Buffer, tricks: Tricks = {}): Promise<ChunkServer> {
  let served = factsOf(content);
  const requests: Json[] = [];
  let sent = 0;
  const counts = new Map<string, number>();
  const url = await maliciousServer(async (wire) => {
    for (;;) {
      const request = await wire.header();
      requests.push(request);
      const op = String(request.op);
      const nth = counts.get(op) ?? 0;
      counts.set(op, nth + 1);
      if (await tricks.answer?.(wire, request, nth)) continue;
      const { header, body } = replyTo(request, served);
      const changed = tricks.header?.(header, request, nth) ?? header;
      wire.write(frame(changed));
      if (changed.ok !== true) continue;
      const bytes = tricks.body?.(Buffer.from(body), request, nth) ?? body;
      if (op === 'get') sent += bytes.length;
      if (bytes.length > 0) wire.write(bytes);
    }
  });
  const asked = (op: string) => requests.filter((request) => request.op === op);
  return {
    url,
    requests,
    asked,
    ranges: () =>
      asked('get')
        .filter(({ ifMd5 }) => ifMd5 !== undefined)
        .map(({ offset, length }) => [
          Number(offset) / CHUNK,
          Math.ceil((Number(offset) + Number(length)) / CHUNK),
        ]),
    sent: () => sent,
    serve: (other) => {
      served = factsOf(other);
    },
  };
}

/** Of contents that many servers of a test file serve. */
const known = new WeakMap<Buffer, Served>();

function factsOf(content: Buffer): Served {
  const served = known.get(content) ?? { content, ...digestsOf(content) };
  known.set(content, served);
  return served;
}

interface Served {
  content: Buffer;
  md5: string;
  root: string;
  manifest: Buffer;
}

function replyTo(request: Json, { content, md5, root, manifest }: Served): { header: Json; body: Buffer } {
  const { op, name } = request;
  const empty = Buffer.alloc(0);
  const { length: size } = content;
  if (op === 'manifest') {
    const about = { ok: true, name, size, md5, digest: 'blake3', chunkSize: CHUNK };
    return { header: { ...about, count: manifest.length / 32, length: manifest.length }, body: manifest };
  }
  const facts = {
    ok: true,
    name,
    type: 'application/octet-stream',
    size,
    md5,
    root,
    mtime: 1_767_225_600_000,
  };
  if (op === 'stat') return { header: { ...facts, offset: 0, length: 0 }, body: empty };
  if (op === 'get') {
    if (request.ifMd5 !== undefined && request.ifMd5 !== md5) {
      return { header: { ok: false, code: 'CHANGED', message: 'not that file any more' }, body: empty };
    }
    const offset = Number(request.offset ?? 0);
    const body = content.subarray(offset, offset + Number(request.length ?? size));
    return { header: { ...facts, offset, length: body.length }, body };
  }
  if (op === 'ping') return { header: { ok: true, payload: request.payload }, body: empty };
  return { header: { ok: false, code: 'UNSUPPORTED', message: 'no such op' }, body: empty };
}
