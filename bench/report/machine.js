import { cpus, release, totalmem, type } from 'node:os';
import { pathOf, versionOf } from '../peers/peer.js';

/**
 * What the figures were measured on, as lines for people.
 * @param {{ peers: readonly import('../peers/peer.js').Peer[], memory: string, disk: string }} parts the file systems by type
 */
export function describeMachine({ peers, memory, disk }) {
  const models = [...new Set(cpus().map(({ model }) => model.trim()))].join(', ');
  return [
    `${cpus().length} cores (${models}), ${Math.round(totalmem() / 2 ** 30)} GiB of memory`,
    `${type()} ${/^[\d.]+/.exec(release())?.[0]}, Node ${process.versions.node} with OpenSSL ${process.versions.openssl}`,
    `in memory: ${memory}; on the disk: ${disk}`,
    peers
      .filter((peer) => pathOf(peer) !== null)
      .map(versionOf)
      .join(', '),
  ];
}
