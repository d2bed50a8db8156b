import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../test/helpers/ports.js';
import { pathOf } from './peer.js';
import { Service } from './service.js';

/** @type {import('./peer.js').Peer} */
export const nginx = { program: 'nginx', debianPackage: 'nginx-light', versionOption: '-v' };

/** What it is told beside where its files are; the rest is its default. */
const NGINX_SETTINGS = {
  main: ['worker_processes auto', 'daemon off'],
  http: ['sendfile on', 'tcp_nopush on', 'keepalive_requests 1000000', 'access_log off'],
};

/**
 * @param {string} folder
 * @param {import('../files/scratch.js').Scratch} scratch
 */
export async function serveNginx(folder, scratch) {
  const port = await freePort();
  const home = scratch.folder('nginx');
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${join(home, kind)}`,
  );
  const rights = process.getuid?.() === 0 ? ['user root'] : [];
  const server = `server { listen 127.0.0.1:${port}; root ${folder}; }`;
  const settings = join(home, 'nginx.conf');
  writeFileSync(
    settings,
    [
      ...[...NGINX_SETTINGS.main, ...rights, `pid ${join(home, 'pid')}`, 'error_log stderr'].map(
        (line) => `${line};`,
      ),
      'events { worker_connections 1024; }',
      `http { ${[...NGINX_SETTINGS.http, ...temporary].map((line) => `${line};`).join(' ')} ${server} }`,
    ].join('\n'),
  );
  const service = new Service([pathOf(nginx) ?? 'nginx', '-p', home, '-e', 'stderr', '-c', settings]);
  await service.answersAt(port);
  service.url = `http://127.0.0.1:${port}`;
  return service;
}
