import { SealiftError, systemCode } from '../errors/index.js';
import { ProtocolError } from '../protocol/index.js';
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
  const message = says[code] ?? tlsMessage(cause, url) ?? `${url}: connection failed (${code})`;
  return new SealiftError('NETWORK', `${message}${missing}`, { cause });
}

/** Codes of what a server without TLS answers to a handshake, which is no record. */
const NO_RECORD = new Set(['ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_PACKET_LENGTH_TOO_LONG']);

/** What answers a handshake seems to know nothing of it. */
export function isWithoutTls({ cause }: SealiftError): boolean {
  return NO_RECORD.has(systemCode(cause) ?? '');
}

function tlsMessage(cause: unknown, url: string): string | undefined {
  const code = systemCode(cause) ?? '';
  if (NO_RECORD.has(code))
    return `${url}: the server does not speak TLS; if it is not meant to, write sealift://`;
  const isTls = code === 'EPROTO' || code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_');
  const { reason = code } = cause as { reason?: string };
  return isTls ? `${url}: TLS failed (${reason})` : undefined;
}

/** The connection ended. */
export function lostError(address: ServerAddress, message: string): SealiftError {
  return new SealiftError('NETWORK', `${formatServerUrl(address)}: ${message}`);
}

/** What there is to say of a connection that ends now, if it ends in a body of which so many bytes are missing. */
export function shortBy(bytes: number): string {
  if (bytes === 0) return '';
  return `, ${bytes} bytes short; the file may have changed on the server, or the network broke`;
}

/** What came first was no frame. */
export function otherServiceError(address: ServerAddress, cause: ProtocolError): ProtocolError {
  const peer = formatServerUrl(address).replace(/^.*:\/\//, '');
  return new ProtocolError(`${peer} does not speak Sealift; is it another service? (${cause.message})`, {
    cause,
  });
}
