import { once } from 'node:events';
import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

/**
 * An HTTP server of files, with what downloaders need to go on where they stopped: ranges, an ETag, the time.
 * @param {string} folder
 */
export async function serveHttp(folder) {
  const server = createServer((request, response) => {
    const path = join(folder, decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname));
    const stats = statSync(path, { throwIfNoEntry: false });
    // A damaged request may name anything.
    if (!stats?.isFile()) return void response.writeHead(404).end();
    const etag = `"${stats.size.toString(16)}-${stats.mtimeMs.toString(16)}"`;
    const headers = { 'Accept-Ranges': 'bytes', ETag: etag, 'Last-Modified': stats.mtime.toUTCString() };
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
    const isCurrent = [undefined, etag].includes(
      /** @type {string | undefined} */ (request.headers['if-range']),
    );
    const start = range && isCurrent ? Number(range[1]) : 0;
    const end =
      range && isCurrent && range[2] !== '' ? Math.min(Number(range[2]), stats.size - 1) : stats.size - 1;
    if (start > end && stats.size > 0) {
      return void response.writeHead(416, { ...headers, 'Content-Range': `bytes */${stats.size}` }).end();
    }
    const part = range && isCurrent ? { 'Content-Range': `bytes ${start}-${end}/${stats.size}` } : {};
    response.writeHead(range && isCurrent ? 206 : 200, {
      ...headers,
      ...part,
      'Content-Type': 'application/octet-stream',
      'Content-Length': end - start + 1,
    });
    if (request.method === 'HEAD') return void response.end();
    createReadStream(path, { start, end }).pipe(response);
  });
  server.on('clientError', (_, socket) => socket.destroy());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    port,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
