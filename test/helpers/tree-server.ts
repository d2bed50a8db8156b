import { md5 } from './files.js';
import { frame, getReply, maliciousServer, type Wire } from './wire.js';

type Json = Record<string, unknown>;

/** What a {@link treeServer} does otherwise than an honest server would. */
export interface TreeTricks {
  /** Answers a `list` itself, and returns true. */
  list?: (wire: Wire, request: Json) => boolean;
  /** Changes what the listing says of a file. */
  entry?: (entry: Json) => Json;
  /** Changes a reply's header. `nth` counts the requests for this name, from 0. */
  header?: (header: Json, name: string, nth: number) => Json;
  /** Changes a copy of the body. */
  body?: (body: Buffer, name: string, nth: number) => Buffer;
  /** Answers a `get` itself, and returns true. */
  answer?: (wire: Wire, name: string, nth: number) => boolean | Promise<boolean>;
}

export interface TreeServer {
  url: string;
  /** How often each name was asked for. */
  asked: Map<string, number>;
  /** Most requests that were there at once and not answered, on any connection. */
  mostAhead: () => number;
  connections: () => number;
}

/** A server of a tree of files, in this process, written without Sealift's own code, that plays tricks. */
export async function treeServer(
  files: Record<string, Buffer | string>,
  tricks: TreeTricks = {},
): Promise<TreeServer> {
  const tree = new Map(Object.entries(files).map(([name, content]) => [name, Buffer.from(content)]));
  const names = [...tree.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const asked = new Map<string, number>();
  let connections = 0;
  let mostAhead = 0;
  const entryOf = (name: string) => {
    const content = tree.get(name) ?? Buffer.alloc(0);
    const entry = { name, type: 'x/y', size: content.length, md5: md5(content), mtime: 1_767_225_600_000 };
    return tricks.entry?.(entry) ?? entry;
  };
  const url = await maliciousServer(async (wire) => {
    connections++;
    for (;;) {
      const request = await wire.header();
      mostAhead = Math.max(mostAhead, countFrames(wire.peek()) + 1);
      if (request.op === 'list') {
        // One that asks for one file has its name for a pattern.
        const listed = request.limit === 1 ? names.filter((name) => name === request.pattern) : names;
        if (!tricks.list?.(wire, request)) list(wire, request, listed, entryOf);
        continue;
      }
      const name = String(request.name);
      if (request.op === 'ping') {
        wire.send({ ok: true, payload: request.payload });
        continue;
      }
      const nth = asked.get(name) ?? 0;
      asked.set(name, nth + 1);
      if (await tricks.answer?.(wire, name, nth)) continue;
      const content = tree.get(name);
      if (content === undefined) {
        wire.send({ ok: false, code: 'NOT_FOUND', message: `${name}: no such file` });
        continue;
      }
      const honest = getReply(name, content, md5(content));
      const header = tricks.header?.(honest, name, nth) ?? honest;
      if (request.op === 'stat') wire.send({ ...header, offset: 0, length: 0 });
      else
        wire.write(Buffer.concat([frame(header), tricks.body?.(Buffer.from(content), name, nth) ?? content]));
    }
  });
  return { url, asked, mostAhead: () => mostAhead, connections: () => connections };
}

function list(wire: Wire, { after }: Json, names: string[], entryOf: (name: string) => Json): void {
  const from = after === undefined ? 0 : names.indexOf(String(after)) + 1;
  const page = names.slice(from, from + 1_000);
  const body = Buffer.from(page.map((name) => `${JSON.stringify(entryOf(name))}\n`).join(''));
  const next = from + page.length < names.length ? page.at(-1) : null;
  wire.write(Buffer.concat([frame({ ok: true, count: page.length, length: body.length, next }), body]));
}

function countFrames(bytes: Buffer): number {
  let count = 0;
  for (let at = 0; at + 4 <= bytes.length; at += 4 + bytes.readUInt32BE(at)) count++;
  return count;
}
