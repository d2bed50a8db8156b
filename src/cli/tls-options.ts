import { readFileSync } from 'node:fs';
import type { Argv } from 'yargs';
import { localError, SealiftError } from '../errors/index.js';
import type { SealiftServer, ServerCertificate } from '../server/index.js';
import { asArguments } from './as-arguments.js';
import { keptCertificate } from './kept-certificate.js';

export interface TlsArguments {
  tls: boolean;
  tlsCert: string | undefined;
  tlsKey: string | undefined;
}

const GROUP = 'TLS:';

/** How a server speaks TLS. */
export function tlsOptions<T>(yargs: Argv<T>): Argv<T & TlsArguments> {
  return asArguments<T & TlsArguments>(
    yargs
      .option('tls', {
        type: 'boolean',
        default: false,
        describe:
          'speak TLS too, with a certificate that is made and kept; the link that is printed names it',
        group: GROUP,
      })
      .option('tls-cert', {
        type: 'string',
        requiresArg: true,
        describe: 'speak TLS with this certificate (PEM, with those that vouch for it); read again on SIGHUP',
        group: GROUP,
      })
      .option('tls-key', {
        type: 'string',
        requiresArg: true,
        describe: 'its private key (PEM)',
        group: GROUP,
      }),
  );
}

/**
 * The certificate that a server is to have; null for one without TLS.
 * @param say told what there is to say of it
 * @throws SealiftError USAGE, or for a file that cannot be read or kept
 */
export function certificateFrom(args: TlsArguments, say: (line: string) => void): ServerCertificate | null {
  const { tls, tlsCert, tlsKey } = args;
  if (tlsCert === undefined && tlsKey === undefined) return tls ? keptCertificate(say) : null;
  if (tlsCert === undefined || tlsKey === undefined) {
    throw new SealiftError(
      'USAGE',
      '--tls-cert and --tls-key go together: a certificate is of use only with its key',
    );
  }
  return { cert: readPem(tlsCert), key: readPem(tlsKey) };
}

/**
 * Reads the files of a certificate again on SIGHUP; if they do not do, the old one stays. Returns what ends that.
 * @param say told what became of it
 */
export function renewOnHangUp(
  args: TlsArguments,
  server: SealiftServer,
  say: (line: string) => void,
): () => void {
  if (args.tlsCert === undefined) return () => {};
  const renew = () => {
    try {
      const certificate = certificateFrom(args, say);
      if (certificate) server.replaceCertificate(certificate);
      say(`new connections see the certificate sha256:${server.fingerprint}`);
    } catch (error) {
      say(`the certificate is still the old one: ${(error as Error).message}`);
    }
  };
  process.on('SIGHUP', renew);
  return () => process.off('SIGHUP', renew);
}

function readPem(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw localError(error, path);
  }
}
