import { fileURLToPath } from 'node:url';
import { Service } from './service.js';

const PROXY = fileURLToPath(new URL('./long-path-proxy.js', import.meta.url));

/**
 * A long way to a server: so many bytes a second for each connection, and so long a round trip.
 * @param {Service} server
 * @param {{ rate: number, delay: number }} path
 */
export async function longPathTo(server, { rate, delay }) {
  const service = new Service(
    [process.execPath, PROXY, ...[server.port, rate, delay].map(String)],
    'SIGKILL',
  );
  service.port = Number(await service.firstLine());
  service.url = `sealift://127.0.0.1:${service.port}`;
  return service;
}
