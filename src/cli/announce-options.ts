import type { Argv } from 'yargs';
import { SealiftError } from '../errors/index.js';
import { isLoopback, SERVER_VERSION, type SealiftServer } from '../server/index.js';
import type { AccessLog } from './access-log.js';
import { asArguments } from './as-arguments.js';
import { shown } from './output.js';

export interface AnnounceArguments {
  announce: boolean;
  announceAs: string | undefined;
}

/** What the server itself does not tell. */
export interface AnnouncedSettings {
  needsToken: boolean;
}

export interface RunningAnnouncement {
  /** Takes it back, within a second. */
  close(): Promise<void>;
}

export function announceOptions<T>(yargs: Argv<T>): Argv<T & AnnounceArguments> {
  return asArguments<T & AnnounceArguments>(
    yargs
      .option('announce', {
        type: 'boolean',
        default: false,
        describe: 'tell the local network of this server, for "sealift discover" and "-s NAME"',
      })
      .option('announce-as', {
        type: 'string',
        requiresArg: true,
        describe: 'announce it under this name (also --announce=NAME); default: the name of this machine',
      }),
  );
}

/**
 * Begins to announce, if that was asked for. That others cannot be told is no reason not to serve: it is said in the log.
 * @throws SealiftError USAGE for a name that cannot be announced
 */
export function announceServer(
  { announce, announceAs }: AnnounceArguments,
  server: Pick<SealiftServer, 'host' | 'port' | 'fingerprint'>,
  settings: AnnouncedSettings,
  log: AccessLog,
): RunningAnnouncement {
  if (!announce && announceAs === undefined) return { close: async () => {} };
  const end = new AbortController();
  const isOwn = isLoopback(server.host);
  const begun = begin();

  async function begin() {
    const discovery = await import('../discovery/index.js');
    const { host, port, fingerprint } = server;
    const announced = {
      name: announceAs,
      host,
      port,
      fingerprint,
      version: SERVER_VERSION,
      isLoopback: isOwn,
      ...settings,
    };
    return discovery.announce(announced, { signal: end.signal });
  }

  begun.then(
    ({ name }) => {
      const whom = isOwn
        ? `to this machine only: others cannot reach ${server.host}`
        : 'to the local network';
      log.say(`announced as ${shown(name)}, ${whom}`);
    },
    (error) => {
      if (!end.signal.aborted) log.say(`not announced: ${(error as Error).message}`);
    },
  );
  return {
    async close() {
      end.abort();
      await begun.then((announcement) => announcement.close()).catch(() => {});
    },
  };
}

/** @throws SealiftError USAGE */
export async function checkAnnouncedName({ announceAs }: AnnounceArguments): Promise<void> {
  if (announceAs === undefined) return;
  const { isServiceName } = await import('../discovery/index.js');
  if (isServiceName(announceAs)) return;
  const says = 'at most 63 bytes, without . : / @ and the like, and not localhost';
  throw new SealiftError('USAGE', `--announce-as "${announceAs}": write a name of ${says}`);
}
