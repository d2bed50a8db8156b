import { isLoopback, type SealiftServer } from '../server/index.js';
import type { AccessLog } from './access-log.js';
import { browserAddresses } from './browser-addresses.js';
import { showQrCode } from './show-qr-code.js';

/**
 * Says under which address browsers find the server, and shows it to phones if it can be reached by them: where somebody looks on, on
 * stderr, so that neither a program that reads stdout nor the file of a log gets any of the picture.
 */
export async function tellBrowsers(
  server: SealiftServer,
  log: AccessLog,
  isForPrograms: boolean,
): Promise<void> {
  const addresses = browserAddresses({
    host: server.host,
    port: server.port,
    isTls: server.fingerprint !== null,
  });
  const [first = ''] = addresses;
  const isWatched = process.stderr.isTTY === true;
  if (!isForPrograms && isWatched && !isOwn(first)) await showQrCode(first);
  // Of an address of this machine alone whoever started it from a program knows.
  if (isWatched || !isOwn(first)) log.say(`for browsers: ${addresses.join(' or ')}`);
}

function isOwn(link: string): boolean {
  return isLoopback(new URL(link).hostname.replace(/^\[|\]$/g, ''));
}
