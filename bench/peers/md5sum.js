/** @type {import('./peer.js').Peer} */
export const md5sum = { program: 'md5sum', debianPackage: 'coreutils', versionOption: '--version' };

/**
 * MD5 of every file below a folder, by so many processes at once.
 * @param {string} folder
 * @param {number} processes
 */
export const md5sumTree = (folder, processes) => [
  ...['sh', '-c', 'find "$1" -name ".?*" -prune -o -type f -print0 | xargs -0 -n 500 -P "$2" md5sum'],
  ...['sh', folder, String(processes)],
];
