import { createSocket, type Socket } from 'node:dgram';
import { SealiftError, systemCode } from '../errors/index.js';
import { Budget } from './budget.js';
import { COST_MIN, DECODED_AT_ONCE, DECODED_PER_SECOND, MDNS_PORT, WAITING_MAX } from './limits.js';
import { Links, type Scope, type Way } from './links.js';

export interface MulticastOptions {
  scope: Scope;
  /** Told of packets that came from the own links, no more than the budget allows. */
  onPacket: (packet: Buffer, from: string) => void;
  /** Default 5353. */
  port?: number | undefined;
  /** Bytes of packets that are listened to. */
  budget?: Budget;
}

const GROUPS = { 4: '224.0.0.251', 6: 'ff02::fb' };
/** RFC 6762, section 11. */
const TTL = 255;
/** Interfaces come and go: a cable, another network, a VPN. */
const LOOK_MS = 10_000;

/**
 * The group of multicast DNS, on all interfaces of a scope and by IPv4 and IPv6. After it was opened it never throws, never rejects and emits
 * nothing: what cannot be sent is lost, as any packet may be.
 */
export class Multicast {
  readonly #options: MulticastOptions;
  readonly #port: number;
  readonly #sockets = new Map<4 | 6, Socket>();
  readonly #joined = new Set<string>();
  readonly #budget: Budget;
  #links = new Links();
  #ways: Way[] = [];
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> = Promise.resolve();
  #waiting = 0;
  #isClosed = false;
  /** Packets that an interface took. */
  sent = 0;

  private constructor(options: MulticastOptions) {
    this.#options = options;
    this.#port = options.port ?? MDNS_PORT;
    this.#budget = options.budget ?? new Budget(DECODED_PER_SECOND, DECODED_AT_ONCE);
  }

  /** @throws SealiftError NETWORK when the port cannot be had, by neither protocol */
  static async open(options: MulticastOptions): Promise<Multicast> {
    const multicast = new Multicast(options);
    const results = await Promise.allSettled([multicast.#bind(4), multicast.#bind(6)]);
    if (multicast.#sockets.size === 0) {
      const [first] = results;
      throw bindError(first?.status === 'rejected' ? first.reason : undefined, multicast.#port);
    }
    multicast.#join();
    multicast.#timer = setInterval(() => multicast.#look(), LOOK_MS).unref();
    return multicast;
  }

  get links(): Links {
    return this.#links;
  }

  /** Resolves when every interface has taken it, or refused it. */
  send(packet: Buffer): Promise<void> {
    if (this.#isClosed || this.#waiting >= WAITING_MAX) return Promise.resolve();
    this.#waiting++;
    // In turn: the interface is a setting of the socket.
    this.#sending = this.#sending.then(async () => {
      for (const way of this.#ways) await this.#sendBy(way, packet);
      this.#waiting--;
    });
    return this.#sending;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearInterval(this.#timer);
    for (const socket of this.#sockets.values()) socket.close();
  }

  async #bind(family: 4 | 6): Promise<void> {
    // Others on this machine listen to the same group.
    const socket = createSocket({ type: `udp${family}`, reuseAddr: true, ipv6Only: family === 6 });
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once('error', reject);
        socket.bind(this.#port, () => resolve());
      });
    } catch (error) {
      socket.close();
      throw error;
    }
    socket.removeAllListeners('error');
    // Of a packet that was refused on its way Linux tells the socket afterwards.
    socket.on('error', () => {});
    socket.on('message', (packet, { address, port }) => this.#receive(packet, address, port));
    try {
      socket.setMulticastTTL(TTL);
      socket.setMulticastLoopback(true);
    } catch {
      // A system that cannot sends with its own settings.
    }
    this.#sockets.set(family, socket);
  }

  #join(): void {
    this.#ways = this.#links.ways(this.#options.scope);
    for (const way of this.#ways) {
      const key = `${way.family} ${way.interface}`;
      if (this.#joined.has(key)) continue;
      try {
        this.#sockets.get(way.family)?.addMembership(GROUPS[way.family], way.interface);
        this.#joined.add(key);
      } catch (error) {
        if (systemCode(error) === 'EADDRINUSE') this.#joined.add(key);
      }
    }
  }

  #look(): void {
    this.#links = new Links();
    const keys = new Set(
      this.#links.ways(this.#options.scope).map((way) => `${way.family} ${way.interface}`),
    );
    // An interface that comes back is joined again.
    for (const key of this.#joined) if (!keys.has(key)) this.#joined.delete(key);
    this.#join();
  }

  #receive(packet: Buffer, from: string, port: number): void {
    // RFC 6762, section 6: an answer from another port is none; section 11: nor is what comes from elsewhere.
    if (port !== this.#port || !this.#links.isOnLink(from)) return;
    if (this.#budget.take(Math.max(packet.length, COST_MIN))) this.#options.onPacket(packet, from);
  }

  #sendBy(way: Way, packet: Buffer): Promise<void> {
    return new Promise((resolve) => {
      const socket = this.#sockets.get(way.family);
      if (this.#isClosed || !socket) return resolve();
      try {
        socket.setMulticastInterface(way.interface);
        socket.send(packet, this.#port, GROUPS[way.family], (error) => {
          if (!error) this.sent++;
          resolve();
        });
      } catch {
        resolve();
      }
    });
  }
}

function bindError(cause: unknown, port: number): SealiftError {
  const code = systemCode(cause) ?? 'no socket';
  const says =
    code === 'EADDRINUSE'
      ? `another program keeps UDP port ${port} for itself`
      : `UDP port ${port} cannot be listened to (${code})`;
  return new SealiftError('NETWORK', `multicast is not possible here: ${says}`, { cause });
}
