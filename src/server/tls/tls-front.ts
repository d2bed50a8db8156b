import type { Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { SealiftError, systemCode } from '../../errors/index.js';
import { encodeFrame, toFailure } from '../../protocol/index.js';
import type { LinkSecurity } from '../connection-context.js';
import { isOfGateway } from '../gateway.js';
import { resetSocket } from '../reset-socket.js';
import { type ServerCertificate, tlsSettings } from './certificate.js';
import { mustUseTls, type PeerRules } from './plain-peers.js';
import { tcpSocketOf } from './tcp-socket.js';

/** What a connection begins with that is to be one of TLS (RFC 8446, section 5.1): no frame begins so, it would be too long, and no HTTP. */
const HANDSHAKE = 0x16;
/** How long one that is sent away is read from, so that a reset does not overtake what it is told. */
const LINGER_MS = 1_000;

export interface TlsFrontOptions {
  certificate: ServerCertificate;
  rules: PeerRules;
  /** Milliseconds for the first byte and the handshake. Absolute: more bytes do not extend it. */
  headerTimeout: number;
  /** Given what bytes of requests come from. It is paused until this returns. */
  onConnection: (socket: Socket) => void;
  /** Told of connections that did not come so far. */
  onFailure: (peer: string, error: SealiftError) => void;
}

/** Stands before a server that has a certificate: looks at the first byte, and has Node's TLS shake hands with who wants that. */
export class TlsFront {
  readonly #server: Server;
  #fingerprint: string;
  #isSelfSigned: boolean;
  /** Connections that are not handed on, with what ends their time. */
  readonly #waiting = new Map<Socket, { peer: string; timer: NodeJS.Timeout }>();

  /** @throws SealiftError USAGE */
  constructor(private readonly options: TlsFrontOptions) {
    const { settings, fingerprint, isSelfSigned } = tlsSettings(options.certificate);
    this.#fingerprint = fingerprint;
    this.#isSelfSigned = isSelfSigned;
    // It never listens. Rule: no callbacks for names and protocols, in which something could fail.
    this.#server = createServer(settings);
    this.#server.on('secureConnection', (socket) => this.#onSecure(socket));
    this.#server.on('tlsClientError', (error, socket) => this.#onError(error, socket));
  }

  /** What a link to this server says of it: one that an authority vouches for may be renewed while the link is good. */
  get ofLinks(): LinkSecurity {
    return { tls: true, ...(this.#isSelfSigned ? { fingerprint: this.#fingerprint } : {}) };
  }

  /** SHA-256 of the certificate, 64 lower-case hex digits. */
  get fingerprint(): string {
    return this.#fingerprint;
  }

  /**
   * Connections from now on are shown this certificate; those that there are go on.
   * @throws SealiftError USAGE: then the old one stays
   */
  replaceCertificate(certificate: ServerCertificate): void {
    const { settings, fingerprint, isSelfSigned } = tlsSettings(certificate);
    this.#server.setSecureContext(settings);
    this.#fingerprint = fingerprint;
    this.#isSelfSigned = isSelfSigned;
  }

  /** Takes a connection of which nothing was read. */
  accept(socket: Socket): void {
    const peer = `${socket.remoteAddress}:${socket.remotePort}`;
    const timer = setTimeout(() => this.#onLate(socket), this.options.headerTimeout);
    this.#waiting.set(socket, { peer, timer });
    socket.on('error', () => {});
    socket.once('close', () => this.#letGo(socket));
    const onEnd = () => socket.destroy();
    socket.once('end', onEnd);
    socket.once('data', (piece: Buffer) => {
      socket.off('end', onEnd);
      socket.pause();
      if (piece[0] !== HANDSHAKE) return this.#onPlain(socket, piece);
      socket.unshift(piece);
      this.#server.emit('connection', socket);
    });
  }

  /** Ends all that was not handed on. */
  destroy(): void {
    for (const socket of this.#waiting.keys()) resetSocket(socket);
  }

  #onPlain(socket: Socket, piece: Buffer): void {
    this.#letGo(socket);
    const address = socket.remoteAddress ?? '';
    if (mustUseTls({ isTls: false, address }, this.options.rules)) return this.#sendAway(socket, piece);
    socket.unshift(piece);
    this.options.onConnection(socket);
    socket.resume();
  }

  #onSecure(socket: TLSSocket): void {
    const beneath = tcpSocketOf(socket);
    // Its time may have passed just now.
    if (beneath.destroyed || !this.#waiting.has(beneath)) return void socket.destroy();
    this.#letGo(beneath);
    this.options.onConnection(socket);
  }

  #onError(cause: Error, socket: TLSSocket): void {
    socket.on('error', () => {});
    const { peer } = this.#letGo(tcpSocketOf(socket)) ?? {};
    // Else it was told already why it was ended.
    if (peer !== undefined) this.options.onFailure(peer, handshakeError(cause));
  }

  #onLate(socket: Socket): void {
    const { peer } = this.#letGo(socket) ?? {};
    resetSocket(socket);
    const error = new SealiftError('TIMEOUT', 'the request did not arrive in time');
    if (peer !== undefined) this.options.onFailure(peer, error);
  }

  /** Its time is no matter of ours any more. */
  #letGo(socket: Socket): { peer: string } | undefined {
    const waiting = this.#waiting.get(socket);
    this.#waiting.delete(socket);
    clearTimeout(waiting?.timer);
    return waiting;
  }

  /** Tells it, in its own words, to come again by TLS. */
  #sendAway(socket: Socket, piece: Buffer): void {
    const { localPort, remoteAddress, remotePort } = socket;
    // A socket for both families tells an IPv4 address as one of IPv6, under which nobody goes by HTTP.
    const localAddress = socket.localAddress?.replace(/^::ffff:(?=\d+\.)/i, '') ?? '';
    const host = localAddress.includes(':') ? `[${localAddress}]` : localAddress;
    const [scheme, tail] = isOfGateway(piece) ? ['https', '/'] : ['sealifts', ''];
    const says = `this server wants TLS: ${scheme}://${host}:${localPort}${tail}`;
    const error = new SealiftError('FORBIDDEN', says);
    socket.end(scheme === 'https' ? forbidden(says) : encodeFrame(toFailure(error)));
    socket.resume();
    const timer = setTimeout(() => socket.destroy(), LINGER_MS);
    socket.once('close', () => clearTimeout(timer));
    this.options.onFailure(`${remoteAddress}:${remotePort}`, error);
  }
}

function forbidden(says: string): string {
  const fields = [
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${says.length + 1}`,
    'Connection: close',
  ];
  return ['HTTP/1.1 403 Forbidden', ...fields, '', `${says}\n`].join('\r\n');
}

function handshakeError(cause: Error): SealiftError {
  const code = systemCode(cause) ?? '';
  if (!code.startsWith('ERR_')) return new SealiftError('ABORTED', 'the client left', { cause });
  const { reason = code } = cause as Error & { reason?: string };
  return new SealiftError('BAD_REQUEST', `TLS: ${reason}`, { cause });
}
