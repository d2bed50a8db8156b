import { readFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** One request for a file, and what the server answered. */
interface Passage {
  path: string;
  /** Counts requests for this path, from 0. */
  nth: number;
  asked: IncomingHttpHeaders;
  status: number;
  headers: OutgoingHttpHeaders;
  body: Buffer;
}

export interface Front {
  url: string;
  /** All requests for files. */
  passages: Passage[];
  /** So much of what hangs was read. When it is all, the connection is reset: before, a reset would overtake it. */
  taken: (count: number) => void;
  /** Resets what hangs. */
  drop: () => void;
}

interface Sent {
  status: number;
  headers: OutgoingHttpHeaders;
  body: Buffer;
  /** Nothing comes behind the body, not even the end, until it is dropped. */
  hangs: boolean;
}

/** What is sent in place of the answer. */
export type Trick = (passage: Passage) => Partial<Sent> | undefined;

const POLICY = [
  "default-src 'none'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; worker-src 'self'",
  "script-src 'nonce-test' 'strict-dynamic'; base-uri 'none'; form-action 'none'",
].join('; ');
const PAGE = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Downloads</title><link rel="icon" href="data:,"><link rel="stylesheet" href="/.sealift/page/page.css">
<main><h1>Files</h1><button id="opener">Files</button></main><section id="downloads" aria-label="Downloads"></section>
<script type="module" nonce="test" src="/harness.js"></script></html>`;
const HARNESS = readFileSync(new URL('./harness.js', import.meta.url));

/** Stands before a server, passes on what it answers, with a trick if wanted, and has a page to download from. */
export async function chaosFront(
  port: number,
  trick: Trick = () => undefined,
  { canRename = true, address = '127.0.0.1' }: { canRename?: boolean; address?: string } = {},
): Promise<Front> {
  const counts = new Map<string, number>();
  const passages: Passage[] = [];
  const hanging: { socket: Socket; left: number }[] = [];
  const change = (passage: Passage): Partial<Sent> | undefined => {
    if (!passage.path.startsWith('/.sealift/')) return trick(passage);
    if (canRename || !passage.path.endsWith('/file-system-access.js')) return undefined;
    // Loaded by the worker too.
    const body = `delete FileSystemFileHandle.prototype.move;${passage.body}`;
    return { headers: { 'content-type': 'text/javascript' }, body: Buffer.from(body) };
  };
  const server = createServer((incoming, response) => {
    const path = incoming.url ?? '/';
    if (path === '/page') {
      response.writeHead(200, { 'Content-Type': 'text/html', 'Content-Security-Policy': POLICY });
      return void response.end(PAGE);
    }
    if (path === '/harness.js') {
      response.writeHead(200, { 'Content-Type': 'text/javascript' });
      return void response.end(HARNESS);
    }
    const { method } = incoming;
    // The server does not go by the front's address.
    const { origin: _, ...asked } = { ...incoming.headers, host: `127.0.0.1:${port}` };
    const onward = request({ host: '127.0.0.1', port, path, method, headers: asked }, (answer) => {
      const pieces: Buffer[] = [];
      answer.on('data', (piece: Buffer) => pieces.push(piece));
      answer.on('end', () => {
        const nth = counts.get(path) ?? 0;
        counts.set(path, nth + 1);
        const { statusCode: status = 0, headers } = answer;
        const passage: Passage = { path, nth, asked, status, headers, body: Buffer.concat(pieces) };
        if (!path.startsWith('/.sealift/')) passages.push(passage);
        const sent: Partial<Sent> & Passage = { ...passage, ...change(passage) };
        response.writeHead(sent.status, sent.headers);
        if (sent.hangs) {
          response.write(sent.body);
          hanging.push({ socket: response.socket as Socket, left: sent.body.length });
        } else response.end(sent.body);
      });
    });
    onward.on('error', () => response.destroy());
    onward.end();
  });
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const drop = () => {
    for (const { socket } of hanging.splice(0)) socket.resetAndDestroy();
  };
  const taken = (count: number) => {
    const [one] = hanging;
    if (one && (one.left -= count) <= 0) drop();
  };
  return { url: `http://${address}:${(server.address() as AddressInfo).port}`, passages, taken, drop };
}
