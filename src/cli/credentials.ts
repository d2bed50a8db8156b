import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseServerLink, parseServerUrl, type ServerAddress } from '../client/index.js';
import { localError, SealiftError, systemCode } from '../errors/index.js';
import { configFolder } from './config-folder.js';

/**
 * The token for a server that is written without one: `SEALIFT_TOKEN`, else the one that the file `tokens` of the config folder has
 * for it. Undefined if there is none, or none is wanted: a share link opens by itself, and may lead to anybody's server.
 * @param warn told of what is allowed, and not wise
 * @throws SealiftError USAGE, or what is wrong with the file
 */
export function tokenFor(
  server: string,
  warn: (message: string) => void,
  env: NodeJS.ProcessEnv = process.env,
): string | undefined {
  const { address, token, share } = parseServerLink(server);
  if (share !== undefined || token !== undefined) return undefined;
  if (env.SEALIFT_TOKEN) return env.SEALIFT_TOKEN;
  const folder = configFolder(env);
  return folder === null ? undefined : tokenInFile(join(folder, 'tokens'), address, warn);
}

function tokenInFile(
  file: string,
  address: ServerAddress,
  warn: (message: string) => void,
): string | undefined {
  const text = textOf(file, warn);
  for (const [at, line] of text.split(/\r?\n/).entries()) {
    const [place = '', token, ...rest] = line.trim().split(/\s+/);
    if (place === '' || place.startsWith('#')) continue;
    // The line itself is a secret.
    if (token === undefined || rest.length > 0) throw badLine(file, at);
    if (isFor(place, address, () => badLine(file, at))) return token;
  }
  return undefined;
}

function isFor(place: string, { host, port }: ServerAddress, fault: () => SealiftError): boolean {
  let found: ServerAddress;
  try {
    found = parseServerUrl(place);
  } catch {
    throw fault();
  }
  return found.host === host && found.port === port;
}

function textOf(file: string, warn: (message: string) => void): string {
  try {
    const descriptor = openSync(file, 'r');
    try {
      if (fstatSync(descriptor).mode & 0o077) warn(`others on this machine can read ${file}; chmod 600 it`);
      return readFileSync(descriptor, 'utf8');
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    // Most people have none.
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return '';
    throw localError(error, file);
  }
}

function badLine(file: string, at: number): SealiftError {
  return new SealiftError('USAGE', `${file}: line ${at + 1} is not "HOST:PORT TOKEN"`);
}
