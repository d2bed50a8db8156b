import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { checkTree } from '../files/trees.js';
import { interleaved } from '../measure/rounds.js';
import { timed } from '../measure/timed.js';
import { aria2, aria2Tree, writeAria2List } from '../peers/aria2.js';
import { curl, curlTree, writeCurlList } from '../peers/curl.js';
import { nginx, serveNginx } from '../peers/nginx.js';
import { rsync, rsyncTree, serveRsync, WITHOUT_DELAY } from '../peers/rsync.js';
import { serveEach } from './file-contenders.js';

/**
 * @typedef {import('../measure/rounds.js').Contender} Contender
 * @typedef {import('../workload.js').Bench} Bench
 */

export const RSYNC = 'rsync -r';
export const RSYNC_SYNCED = 'rsync -r --fsync';
const RSYNC_QUICK = 'rsync -r, TCP_NODELAY';
export const CURL = 'curl --parallel';
const ARIA2 = 'aria2 -j16';

/**
 * Fetches all of a tree in rounds, by whoever of these is here.
 * @param {Bench} bench
 * @param {object} tree
 * @param {import('../files/scratch.js').Scratch} tree.scratch
 * @param {string} tree.storage
 * @param {readonly string[]} tree.names
 * @param {boolean} tree.isSynced whether files must be on the disk when a contender ends; then only those that can
 * @param {boolean} [tree.withWeb] also what fetches over HTTP
 */
export async function raceTrees(bench, { scratch, storage, names, isSynced, withWeb = false }) {
  const sealifts = await serveEach(bench, storage);
  const daemon = bench.has(rsync) ? await serveRsync(storage, scratch) : null;
  // Syncing takes it so long that the difference would not show.
  const quick = daemon && !isSynced ? await serveRsync(storage, scratch, WITHOUT_DELAY.daemon) : null;
  const hasCurl = withWeb && bench.has(curl);
  const hasAria2 = withWeb && bench.has(aria2);
  const web = withWeb && bench.has(nginx) ? await serveNginx(storage, scratch) : null;
  const lists = scratch.folder('lists');
  /**
   * @param {string} name
   * @param {import('../peers/service.js').Service} server
   * @param {(dir: string) => readonly string[]} command
   * @returns {Contender}
   */
  const contender = (name, server, command) => ({
    name,
    measure: async () => {
      const dir = scratch.folder('target');
      const run = command(dir);
      if (isSynced) syncDisk();
      const timing = await timed(run, { server });
      checkTree(storage, names, dir);
      targets.push(dir);
      if (!isSynced) removeTargets();
      return timing;
    },
  });

  /** @type {string[]} */
  const targets = [];
  const removeTargets = () => {
    for (const dir of targets.splice(0)) rmSync(dir, { recursive: true });
  };

  const contenders = sealifts.map(({ build, server }) =>
    contender(build.label, server, (dir) =>
      build.fetch(server, '**', '-d', dir, ...sealiftOptions(isSynced)),
    ),
  );
  if (daemon) {
    contenders.push(
      contender(isSynced ? RSYNC_SYNCED : RSYNC, daemon, (dir) =>
        rsyncTree(daemon.url, dir, rsyncOptions(isSynced)),
      ),
    );
  }
  if (quick) {
    contenders.push(contender(RSYNC_QUICK, quick, (dir) => rsyncTree(quick.url, dir, WITHOUT_DELAY.client)));
  }
  if (web && hasCurl) {
    const list = join(lists, 'curl');
    contenders.push(
      contender(CURL, web, (dir) => {
        writeCurlList(list, web.url, names, dir);
        return curlTree(list);
      }),
    );
  }
  if (web && hasAria2) {
    const list = join(lists, 'aria2');
    writeAria2List(list, web.url, names);
    contenders.push(contender(ARIA2, web, (dir) => aria2Tree(list, dir)));
  }
  const timings = await interleaved(contenders, bench.rounds, bench.log);
  for (const server of [...sealifts.map((each) => each.server), web, daemon, quick]) await server?.stop();
  // Not before: ext4 does not use what was removed just now again, and takes many times as long to find what it can use.
  removeTargets();
  return timings;
}

/** @param {boolean} isSynced */
const sealiftOptions = (isSynced) => (isSynced ? [] : ['--no-fsync']);

/** @param {boolean} isSynced */
const rsyncOptions = (isSynced) => (isSynced ? ['--fsync'] : []);

/** @param {{ isSynced: boolean, withWeb?: boolean }} tree */
export const treeCommands = ({ isSynced, withWeb = false }) => [
  ['sealift', 'fetch', '-q', "'**'", '-d', 'DIR', ...sealiftOptions(isSynced)].join(' '),
  rsyncTree('rsync://…', 'DIR', rsyncOptions(isSynced)).join(' '),
  ...(withWeb ? [curlTree('LIST').join(' '), aria2Tree('LIST', 'DIR').join(' ')] : []),
];

/** So that what another one wrote is not waited for by the next. */
function syncDisk() {
  execFileSync('sync');
}
