import { md5OfFile } from '../files/file-md5.js';
import { hashFromMemory } from '../measure/md5-rate.js';
import { interleaved } from '../measure/rounds.js';
import { aria2, aria2File } from '../peers/aria2.js';
import { curl, curlTeeMd5sum, curlThenMd5sum } from '../peers/curl.js';
import { nginx, serveNginx } from '../peers/nginx.js';
import { rsync, rsyncFile, serveRsync } from '../peers/rsync.js';
import { fastest, judgeSpeed, measureOf } from '../report/judge.js';
import { FILE, fileContender, putLargeFile, serveEach } from './file-contenders.js';

const RSYNC = 'rsync, MD5';
const TEE = 'curl | tee | md5sum';
const THEN = 'curl, then md5sum';
const ARIA2 = 'aria2, MD5';
const ONE_CORE = 'MD5 from memory, one core';
const MD5_OPTIONS = ['--checksum-choice=md5'];

/** @type {import('../workload.js').Workload} */
export const workload = {
  title: 'one 2 GiB file, warm index, MD5-verified onto tmpfs',
  async run(bench) {
    const { scratch, storage, source, size } = putLargeFile(bench);
    const md5 = await md5OfFile(source);
    const sealifts = await serveEach(bench, storage);
    const web = bench.has(nginx) ? await serveNginx(storage, scratch) : null;
    const daemon = bench.has(rsync) ? await serveRsync(storage, scratch) : null;
    const hasCurl = bench.has(curl);
    const hasAria2 = bench.has(aria2);

    const contenders = sealifts.map(({ build, server }) =>
      fileContender({
        ...{ name: build.label, server, source, scratch },
        command: (dir) => build.fetch(server, FILE, '-d', dir, '--no-fsync'),
      }),
    );
    if (daemon) {
      contenders.push(
        fileContender({
          ...{ name: RSYNC, server: daemon, source, scratch },
          command: (_, path) => rsyncFile(`${daemon.url}/${FILE}`, path, MD5_OPTIONS),
        }),
      );
    }
    if (web && hasCurl) {
      for (const [name, command] of /** @type {const} */ ([
        [TEE, curlTeeMd5sum],
        [THEN, curlThenMd5sum],
      ])) {
        contenders.push(
          fileContender({
            ...{ name, server: web, source, scratch, prints: md5 },
            command: (_, path) => command(`${web.url}/${FILE}`, path),
          }),
        );
      }
    }
    if (web && hasAria2) {
      contenders.push(
        fileContender({
          ...{ name: ARIA2, server: web, source, scratch },
          command: (dir) => aria2File(`${web.url}/${FILE}`, dir, md5),
        }),
      );
    }
    contenders.push({ name: ONE_CORE, measure: () => hashFromMemory(size) });

    const timings = await interleaved(contenders, bench.rounds, bench.log);
    for (const server of [...sealifts.map((each) => each.server), web, daemon]) await server?.stop();
    scratch.remove(storage);

    const peer = fastest(timings, [RSYNC, TEE, THEN, ARIA2]);
    return {
      setting: `One file of ${size / 2 ** 20} MiB of random bytes from ${scratch.fileSystem} to ${scratch.fileSystem}, no fsync. The last line is the rate at which Node's crypto (OpenSSL) makes an MD5 of as many bytes from memory.`,
      commands: [
        `sealift fetch -q ${FILE} -d DIR --no-fsync`,
        rsyncFile(`rsync://…/${FILE}`, 'FILE', MD5_OPTIONS).join(' '),
        'curl -q -sSf URL | tee FILE | md5sum',
        'curl -q -sSf -o FILE URL && md5sum FILE',
        aria2File('URL', 'DIR', 'MD5').join(' '),
      ],
      measures: [...timings].map(([name, runs]) => measureOf(name, 'rate', runs, size)),
      judgements: bench.builds.flatMap(({ label }) => [
        ...judgeSpeed(
          label,
          ONE_CORE,
          timings,
          { least: 0.85 },
          { what: 'MD5 rate of one core', bytes: size },
        ),
        ...(peer === undefined
          ? []
          : judgeSpeed(
              label,
              peer,
              timings,
              { least: 1.3 },
              { what: 'fastest peer that verifies MD5', bytes: size },
            )),
      ]),
      notes: [],
    };
  },
};
