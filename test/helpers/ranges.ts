import { CHUNK, digestsOf } from './files.js';
import { getReply, maliciousServer, type Wire } from './wire.js';

type Header = Record<string, unknown>;

/** A reply before it goes out: a test may change what it likes. */
export interface Reply {
  header: Header;
  body: Buffer;
  /** What follows later. */
  rest?: Promise<Buffer>;
}

export interface RangeServer {
  url: string;
  /** The requests that came, in order. */
  asked: Header[];
  /** Those of one op, as `offset+length`; a whole file's as `whole`. */
  gets: () => string[];
}

/**
 * A server of one file that does not use Sealift's own code, and knows its manifest.
 * @param twist is given each reply; what it returns goes out, or nothing for null
 */
export async function rangeServer(
  name: string,
  content: Buffer,
  twist: (reply: Reply, request: Header) => Reply | null | Promise<Reply | null> = (reply) => reply,
): Promise<RangeServer> {
  const asked: Header[] = [];
  const { md5, root, manifest } = digestsOf(content);
  const facts = { ...getReply(name, content, md5), root };
  const replyTo = (request: Header): Reply => {
    if (request.op === 'manifest') {
      const count = manifest.length / 32;
      const about = { ok: true, name, size: content.length, md5, digest: 'blake3', chunkSize: CHUNK };
      return { header: { ...about, count, length: manifest.length }, body: manifest };
    }
    if (request.op === 'stat') return { header: { ...facts, length: 0 }, body: Buffer.alloc(0) };
    const offset = Number(request.offset ?? 0);
    const length = Math.min(Number(request.length ?? content.length), content.length - offset);
    return { header: { ...facts, offset, length }, body: content.subarray(offset, offset + length) };
  };
  const serve = async (wire: Wire) => {
    for (;;) {
      const request = await wire.header();
      asked.push(request);
      const reply = await twist(replyTo(request), request);
      if (reply === null) continue;
      wire.send(reply.header);
      wire.write(reply.body);
      if (reply.rest) wire.write(await reply.rest);
    }
  };
  const gets = () =>
    asked
      .filter(({ op }) => op === 'get')
      .map(({ offset, length }) => (offset === undefined ? 'whole' : `${offset}+${length}`));
  return { url: await maliciousServer(serve), asked, gets };
}
