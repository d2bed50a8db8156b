import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { startProxy } from './proxy.js';
import type { Toxic } from './toxics/toxic.js';

/** A server on a free port that does what `serve` does with each connection; it ends with the test. */
export async function rawServer(serve: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    serve(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
}

/** Sends the bytes to whoever connects, and ends. */
export const blobServer = (bytes: Buffer) => rawServer((socket) => void socket.end(Buffer.from(bytes)));

/** All that comes, until the other side ends. */
export async function receiveAll(socket: Socket): Promise<Buffer> {
  const pieces: Buffer[] = [];
  socket.on('data', (piece) => pieces.push(piece));
  await once(socket, 'end');
  return Buffer.concat(pieces);
}

/** Sends back what it gets; ends when the client has ended. */
export const echoServer = () => rawServer((socket) => void socket.pipe(socket));

/** A proxy that ends with the test. */
export async function proxyTo(port: number, toxics: Toxic[] = [], options: { seed?: number } = {}) {
  const proxy = await startProxy(port, toxics, options);
  onTestFinished(() => proxy.close());
  return proxy;
}

export interface Received {
  bytes: Buffer;
  /** Lengths of the pieces in which they came. */
  pieces: number[];
  /** `end`, or the code of the error that ended it; `open` if that is what was waited for. */
  ending: string;
}

/** Connects, sends `bytes` and the end, and takes what comes; gives up when `until` resolves. `end` false: it sends no end. */
export async function exchange(
  port: number,
  bytes: Buffer = Buffer.alloc(0),
  { until = new Promise<void>(() => {}), end = true } = {},
): Promise<Received> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
  onTestFinished(() => void socket.destroy());
  const pieces: Buffer[] = [];
  socket.on('data', (piece) => pieces.push(piece));
  const ending = new Promise<string>((resolve) => {
    // A reset that comes while data is still to be read looks like an end to Node; but nothing can be sent after one.
    socket.on('end', () => {
      if (end) resolve('end');
      else socket.write('x', (error) => resolve(error ? 'ECONNRESET' : 'end'));
    });
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'error'));
    socket.on('close', () => resolve('close'));
  });
  socket.write(bytes);
  if (end) socket.end();
  const how = await Promise.race([ending, until.then(() => 'open')]);
  return { bytes: Buffer.concat(pieces), pieces: pieces.map(({ length }) => length), ending: how };
}
