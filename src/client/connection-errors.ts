import { SealiftError, systemCode } from '../errors/index.js';
import { formatServerUrl, type ServerAddress } from './server-url.js';

/** @param timeout milliseconds */
export function timeoutError(address: ServerAddress, timeout: number): SealiftError {
  const seconds = timeout / 1_000;
  return new SealiftError('TIMEOUT', `${formatServerUrl(address)}: no progress for ${seconds} s, gave up`);
}

/** Nothing at all has come. @param timeout milliseconds */
export function silenceError(address: ServerAddress, timeout: number): SealiftError {
  const { message } = timeoutError(address, timeout);
  return new SealiftError('TIMEOUT', `${message}; it never answered: is "sealift serve" running there?`);
}

/** @param missing what else there is to say, put behind */
export function networkError(cause: unknown, address: ServerAddress, missing = ''): SealiftError {
  const url = formatServerUrl(address);
  const says: Record<string, string> = {
    ECONNREFUSED: `no server at ${url}; is "sealift serve" running there?`,
    ENOTFOUND: `${url}: no such host`,
    EAI_AGAIN: `${url}: the host name cannot be looked up just now`,
    ECONNRESET: `${url}: the connection was reset`,
    EPIPE: `${url}: the server closed the connection`,
    ETIMEDOUT: `${url}: the connection timed out`,
    EHOSTUNREACH: `${url}: no route to the host`,
    ENETUNREACH: `${url}: the network is unreachable`,
  };
  const code = systemCode(cause) ?? '';
  const message = says[code] ?? `${url}: connection failed (${code})`;
  return new SealiftError('NETWORK', `${message}${missing}`, { cause });
}
