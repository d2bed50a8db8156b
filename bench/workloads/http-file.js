import { interleaved } from '../measure/rounds.js';
import { timed } from '../measure/timed.js';
import { curl, curlFile } from '../peers/curl.js';
import { nginx, serveNginx } from '../peers/nginx.js';
import { judgeSpeed, measureOf } from '../report/judge.js';
import { FILE, fileContender, putLargeFile, serveEach } from './file-contenders.js';

const NOWHERE = 'to nowhere';
const ONTO = 'onto tmpfs';

/** @type {import('../workload.js').Workload} */
export const workload = {
  title: 'HTTP: one 2 GiB file by curl',
  async run(bench) {
    const { scratch, storage, source, size } = putLargeFile(bench);
    const sealifts = await serveEach(bench, storage);
    const web = bench.has(nginx) ? await serveNginx(storage, scratch) : null;
    const served = [
      ...sealifts.map(({ build, server }) => ({ name: build.label, server, url: server.httpUrl })),
      ...(web ? [{ name: nginx.program, server: web, url: web.url }] : []),
    ];
    /** @type {import('../measure/rounds.js').Contender[]} */
    const contenders = [];
    if (!bench.has(curl)) bench.log('SKIPPED: curl is not here');
    else {
      for (const { name, server, url } of served) {
        contenders.push(
          fileContender({
            ...{ name: `${name}, ${ONTO}`, server, source, scratch },
            command: (_, path) => curlFile(`${url}/${FILE}`, path),
          }),
          {
            name: `${name}, ${NOWHERE}`,
            measure: () => timed(curlFile(`${url}/${FILE}`, '/dev/null'), { server }),
          },
        );
      }
    }
    if (!web) bench.log('SKIPPED: without nginx there is nothing to compare with');
    const timings = await interleaved(contenders, bench.rounds, bench.log);
    for (const { server } of served) await server.stop();
    scratch.remove(storage);

    return {
      setting: `One file of ${size / 2 ** 20} MiB of random bytes from ${scratch.fileSystem}, by HTTP, to /dev/null and to ${scratch.fileSystem}; the latter is compared byte for byte. The client checks no digest.`,
      commands: ['curl -q -sSf -o /dev/null URL', 'curl -q -sSf -o FILE URL'],
      measures: [...timings].map(([name, runs]) => measureOf(name, 'rate', runs, size)),
      judgements: bench.builds.flatMap(({ label }) =>
        [ONTO, NOWHERE].flatMap((where) =>
          judgeSpeed(
            `${label}, ${where}`,
            `${nginx.program}, ${where}`,
            timings,
            { least: 0.5 },
            { bytes: size },
          ).map((judgement) => ({ ...judgement, build: label })),
        ),
      ),
      notes: [],
    };
  },
};
