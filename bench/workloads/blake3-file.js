import { interleaved } from '../measure/rounds.js';
import { curl, curlFile } from '../peers/curl.js';
import { nginx, serveNginx } from '../peers/nginx.js';
import { rsync, rsyncFile, serveRsync } from '../peers/rsync.js';
import { judgeSpeed, measureOf } from '../report/judge.js';
import { FILE, fileContender, putLargeFile, serveEach } from './file-contenders.js';

const RSYNC = 'rsync, default checksum';
const CURL = 'curl, no check';
const OPTIONS = ['--digest', 'blake3'];

/** @type {import('../workload.js').Workload} */
export const workload = {
  title: 'the same, each chunk checked by BLAKE3 (`--digest blake3`)',
  async run(bench) {
    const { scratch, storage, source, size } = putLargeFile(bench);
    const sealifts = await serveEach(bench, storage);
    const web = bench.has(nginx) && bench.has(curl) ? await serveNginx(storage, scratch) : null;
    const daemon = bench.has(rsync) ? await serveRsync(storage, scratch) : null;

    const able = sealifts.filter(({ build }) => build.fetchKnows('--digest'));
    const contenders = able.map(({ build, server }) =>
      fileContender({
        ...{ name: build.label, server, source, scratch },
        command: (dir) => build.fetch(server, FILE, '-d', dir, '--no-fsync', ...OPTIONS),
      }),
    );
    if (daemon) {
      contenders.push(
        fileContender({
          ...{ name: RSYNC, server: daemon, source, scratch },
          command: (_, path) => rsyncFile(`${daemon.url}/${FILE}`, path),
        }),
      );
    }
    if (web) {
      contenders.push(
        fileContender({
          ...{ name: CURL, server: web, source, scratch },
          command: (_, path) => curlFile(`${web.url}/${FILE}`, path),
        }),
      );
    }

    const timings = await interleaved(contenders, bench.rounds, bench.log);
    for (const server of [...sealifts.map((each) => each.server), web, daemon]) await server?.stop();
    scratch.remove(storage);

    return {
      setting: `One file of ${size / 2 ** 20} MiB of random bytes from ${scratch.fileSystem} to ${scratch.fileSystem}, no fsync.`,
      commands: [
        `sealift fetch -q ${FILE} -d DIR --no-fsync ${OPTIONS.join(' ')}`,
        rsyncFile(`rsync://…/${FILE}`, 'FILE').join(' '),
        curlFile('URL', 'FILE').join(' '),
      ],
      measures: [...timings].map(([name, runs]) => measureOf(name, 'rate', runs, size)),
      judgements: bench.builds.flatMap(({ label }) => [
        ...judgeSpeed(label, RSYNC, timings, { least: 1 }, { bytes: size }),
        ...judgeSpeed(label, CURL, timings, { least: 0.8 }, { bytes: size }),
      ]),
      notes: able.length < sealifts.length ? ['`fetch` of this build has no `--digest`'] : [],
    };
  },
};
