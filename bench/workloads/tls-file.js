import { X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newPrivateKey, selfSigned } from '#sealift/server/index.js';
import { interleaved } from '../measure/rounds.js';
import { waitUntilHashed } from '../peers/sealift.js';
import { judgeSpeed, measureOf } from '../report/judge.js';
import { FILE, fileContender, putLargeFile, storageOfEach } from './file-contenders.js';

const PLAIN = 'without TLS';
/** How fetch is told to check. */
const CHECKS = /** @type {const} */ ({ md5: [], blake3: ['--digest', 'blake3'] });

/** @type {import('../workload.js').Workload} */
export const workload = {
  title: 'one 2 GiB file over TLS, beside the same without',
  async run(bench) {
    const { scratch, storage, source, size } = putLargeFile(bench);
    const able = storageOfEach(bench, storage).filter(({ build }) => build.fetchKnows('sealifts'));
    const { args, fingerprint } = putCertificate(scratch.folder('certificate'));
    /** @type {import('../measure/rounds.js').Contender[]} */
    const contenders = [];
    const servers = [];
    for (const { build, folder } of able) {
      const server = await build.serve(folder, args);
      await waitUntilHashed(server);
      servers.push(server);
      const secured = `sealifts://127.0.0.1:${server.port}#sha256:${fingerprint}`;
      for (const [check, options] of Object.entries(CHECKS)) {
        // One server answers both: the first byte tells.
        for (const [way, url] of [
          ['over TLS', secured],
          [PLAIN, server.url],
        ]) {
          contenders.push(
            fileContender({
              ...{ name: `${build.label}, ${check}, ${way}`, server, source, scratch },
              command: (dir) =>
                build.command('fetch', '-q', '-s', String(url), FILE, '-d', dir, '--no-fsync', ...options),
            }),
          );
        }
      }
    }
    const timings = await interleaved(contenders, bench.rounds, bench.log);
    for (const server of servers) await server.stop();
    scratch.remove(storage);

    return {
      setting: `One file of ${size / 2 ** 20} MiB of random bytes from ${scratch.fileSystem} to ${scratch.fileSystem}, no fsync; client and server on one machine, so that both ends of the encryption share its cores.`,
      commands: [`sealift fetch -q -s sealifts://…#sha256:… ${FILE} -d DIR --no-fsync`],
      measures: [...timings].map(([name, runs]) => measureOf(name, 'rate', runs, size)),
      judgements: able.flatMap(({ build: { label } }) =>
        judgeSpeed(
          `${label}, md5, over TLS`,
          `${label}, md5, ${PLAIN}`,
          timings,
          { least: 0.6 },
          { what: 'over TLS, against plain', bytes: size },
        ).map((judgement) => ({ ...judgement, build: label })),
      ),
      notes: able.length < bench.builds.length ? ['another build knows no TLS'] : [],
    };
  },
};

/** @param {string} folder */
function putCertificate(folder) {
  const key = newPrivateKey();
  const cert = selfSigned(key, 'bench');
  const [certFile, keyFile] = [join(folder, 'certificate.pem'), join(folder, 'key.pem')];
  writeFileSync(certFile, cert);
  writeFileSync(keyFile, key);
  const fingerprint = new X509Certificate(cert).fingerprint256.replaceAll(':', '').toLowerCase();
  return { args: ['--tls-cert', certFile, '--tls-key', keyFile], fingerprint };
}
