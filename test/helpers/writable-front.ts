import { cpSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, request as passOn, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';

/** What it does by itself, in the storage's folder; all else is asked of the server. */
const WRITES = new Set(['MKCOL', 'PUT', 'DELETE', 'COPY', 'MOVE']);

/**
 * Stands before a server that only reads, for programs that put there what they test with: what writes is done in the
 * folder, as little of it as they need, and everything else passed on as it is. Returns its address.
 */
export async function writableFront(folder: string, port: number): Promise<string> {
  const front = createServer(async (request, response) => {
    if (!WRITES.has(request.method ?? '')) return void pass(request, response, port);
    try {
      response.writeHead(await write(folder, request)).end();
    } catch (error) {
      const isTaken = (error as NodeJS.ErrnoException).code === 'EEXIST';
      response.writeHead(isTaken ? 405 : 409).end();
    }
  });
  // What asks before it sends is told to go on by the server itself.
  front.on('checkContinue', (request, response) => {
    if (WRITES.has(request.method ?? '')) response.writeContinue();
    front.emit('request', request, response);
  });
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    front.closeAllConnections();
    front.close();
  });
  return `http://127.0.0.1:${(front.address() as AddressInfo).port}`;
}

function pass(request: IncomingMessage, response: ServerResponse, port: number): void {
  const { method, url: path, headers } = request;
  const onward = passOn({ port, host: '127.0.0.1', method, path, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
    answer.pipe(response);
  });
  onward.on('continue', () => response.writeContinue());
  onward.on('error', () => response.destroy());
  request.pipe(onward);
}

async function write(folder: string, request: IncomingMessage): Promise<number> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece);
  const path = pathOf(folder, request.url ?? '/');
  const isThere = kindOf(path) !== null;
  switch (request.method) {
    case 'MKCOL':
      if (pieces.length > 0) return 415;
      mkdirSync(path);
      // Where there is no file Sealift knows of no folder.
      writeFileSync(join(path, 'any'), '');
      return 201;
    case 'PUT':
      if (kindOf(path) === 'folder' || kindOf(dirname(path)) !== 'folder') return 409;
      writeFileSync(path, Buffer.concat(pieces));
      return isThere ? 204 : 201;
    case 'DELETE':
      if (!isThere || String(request.url).includes('#')) return 404;
      rmSync(path, { recursive: true });
      return 204;
    default:
      return moveOrCopy(folder, path, request);
  }
}

function moveOrCopy(folder: string, from: string, { method, headers }: IncomingMessage): number {
  const to = pathOf(folder, new URL(String(headers.destination)).pathname);
  if (kindOf(from) === null) return 404;
  if (from === to) return 403;
  if (kindOf(dirname(to)) !== 'folder') return 409;
  const isThere = kindOf(to) !== null;
  if (isThere && headers.overwrite === 'F') return 412;
  rmSync(to, { recursive: true, force: true });
  if (method === 'MOVE') renameSync(from, to);
  else if (headers.depth === '0' && kindOf(from) === 'folder') mkdirSync(to);
  else cpSync(from, to, { recursive: true });
  return isThere ? 204 : 201;
}

function pathOf(folder: string, url: string): string {
  return join(folder, decodeURIComponent(url).replace(/\/$/, ''));
}

function kindOf(path: string): 'file' | 'folder' | null {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats) return null;
  return stats.isDirectory() ? 'folder' : 'file';
}
