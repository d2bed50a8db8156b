import { chmodSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { SealiftError } from '../errors/index.js';
import {
  newPrivateKey,
  readCertificate,
  type ServerCertificate,
  selfSigned,
  tlsSettings,
} from '../server/index.js';
import { configFolder } from './config-folder.js';
import { keepInstead, keepOnce, readKept } from './kept-file.js';

const OTHERS = 0o077;

/**
 * The certificate that vouches for itself, and that every server of this user shows: clients remember it. It is made when there is none, and
 * made anew, with the same key, when its time is over. A damaged one is left for somebody to look at: another one in its place would set
 * off an alarm with everybody who remembers it, and nobody would know why.
 * @param say told what there is to say of it
 * @throws SealiftError LOCAL_IO, PERMISSION when there is one that cannot be used
 */
export function keptCertificate(
  say: (line: string) => void,
  folder: string | null = configFolder(),
): ServerCertificate {
  if (folder === null) return inMemory('without a home folder', say);
  const paths = { cert: join(folder, 'certificate.pem'), key: join(folder, 'private-key.pem') };
  // Rule: the key is made first, so that where there is a certificate there is a key, whoever makes them at the same time.
  const found = readKept(paths.cert);
  const key = readKept(paths.key) ?? (found === null ? keepOnce(paths.key, newPrivateKey()) : '');
  if (key === null) return inMemory(`as ${folder} cannot be written to`, say);
  try {
    const make = () => selfSigned(key, hostname());
    let cert = found ?? keepOnce(paths.cert, make());
    if (cert === null) return inMemory(`as ${folder} cannot be written to`, say);
    if (isOver(cert)) {
      cert = make();
      keepInstead(paths.cert, cert);
      say(
        `the time of the certificate was over: clients that remember it will refuse the new one in ${paths.cert}`,
      );
    }
    tlsSettings({ cert, key });
    hideKey(paths.key, say);
    return { cert, key };
  } catch (cause) {
    const says =
      `${paths.cert} and ${paths.key} are damaged, or are not of a kind: put back what was there, or remove both, ` +
      'and a new certificate is made, which clients that remember the old one will refuse';
    throw new SealiftError('LOCAL_IO', says, { cause });
  }
}

function inMemory(reason: string, say: (line: string) => void): ServerCertificate {
  say(`the certificate is in memory, ${reason}, and will be another one next time`);
  const key = newPrivateKey();
  return { cert: selfSigned(key, hostname()), key };
}

function isOver(cert: string): boolean {
  return Date.parse(readCertificate(cert).validTo) < Date.now();
}

function hideKey(path: string, say: (line: string) => void): void {
  if (process.platform === 'win32' || (statSync(path).mode & OTHERS) === 0) return;
  say(`${path} could be read by others of this machine, and perhaps was; it is closed to them now`);
  chmodSync(path, 0o600);
}
