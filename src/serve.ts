import { httpGateway } from './gateway/index.js';
import {
  type SealiftServer,
  type ServeOptions as ServerOptions,
  serve as serveFrames,
} from './server/index.js';

export interface ServeOptions extends Omit<ServerOptions, 'gateway'> {
  /** Answers HTTP/1.1 on the same port. Default: true. */
  http?: boolean;
  /** Names besides those of this machine under which HTTP may be asked, without ports. */
  allowHosts?: readonly string[];
}

/**
 * Serves the folder `dir`. Resolves when the server listens.
 * @throws SealiftError NETWORK when the address cannot be had; LOCAL_IO or PERMISSION when the folder cannot be read
 */
export function serve(
  dir: string,
  { http = true, allowHosts = [], ...options }: ServeOptions = {},
): Promise<SealiftServer> {
  return serveFrames(dir, { ...options, ...(http ? { gateway: httpGateway({ allowHosts }) } : {}) });
}
