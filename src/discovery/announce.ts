import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { SealiftError } from '../errors/index.js';
import { decodeMessage } from './dns-message.js';
import { FreeName } from './free-name.js';
import { Multicast } from './multicast.js';
import { ResponderSocket } from './responder-socket.js';
import { type ServiceText, serviceNameOf, textFields } from './service.js';

export interface AnnouncedServer extends ServiceText {
  /** Wanted; one that is taken gets a number. Default: this machine's name. */
  name?: string | undefined;
  /** The address that the server listens at: `0.0.0.0` and `::` stand for all. */
  host: string;
  port: number;
  /** It is an address of this machine alone, and announced to it alone. */
  isLoopback: boolean;
}

export interface AnnounceOptions {
  signal: AbortSignal;
  /** Of multicast. Default 5353. */
  port?: number;
}

export interface Announcement {
  /** The one that it got. */
  readonly name: string;
  /** Tells the network that the server is gone; takes a second at most. */
  close(): Promise<void>;
}

const GOODBYE_MS = 1_000;

/**
 * Tells the network of a server, and goes on telling whoever asks.
 * @throws SealiftError NETWORK when no interface takes multicast; ABORTED
 */
export async function announce(
  server: AnnouncedServer,
  { signal, port }: AnnounceOptions,
): Promise<Announcement> {
  const socket = new ResponderSocket(
    (packet) => multicast.send(packet),
    () => multicast.links.addressesOf(server.host),
  );
  const names = new FreeName((packet) => multicast.send(packet));
  const scope = server.isLoopback ? 'loopback' : 'network';
  const multicast = await Multicast.open({ scope, port, onPacket });

  function onPacket(packet: Buffer, from: string): void {
    const message = decodeMessage(packet);
    if (!message) return;
    names.take(message);
    socket.receive(packet, message, from);
  }

  try {
    const name = await names.find(server.name ?? serviceNameOf(hostname()), signal);
    if (name === null) throw new SealiftError('ABORTED', 'interrupted');
    if (multicast.sent === 0) throw notPossible();
    return { name, close: await publish(name, server, socket, multicast) };
  } catch (error) {
    multicast.close();
    throw error;
  }
}

async function publish(
  name: string,
  server: AnnouncedServer,
  socket: ResponderSocket,
  multicast: Multicast,
): Promise<() => Promise<void>> {
  const { Bonjour } = (await import('bonjour-service')).default;
  // `bind: false`: the socket is bound already. What the types leave out goes on to multicast-dns.
  const bonjour = new Bonjour({ socket, bind: false } as object, () => {});
  const service = bonjour.publish({
    name,
    type: 'sealift',
    port: server.port,
    // A name of its own: others that are called like this machine must not share its addresses.
    host: `sealift-${randomBytes(8).toString('hex')}.local`,
    txt: textFields(server),
    // It would print an error to stdout, and then take the other one's announcement back.
    probe: false,
  });
  return async () => {
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([
      new Promise<void>((done) => service.stop(() => done())),
      new Promise<void>((done) => (timer = setTimeout(done, GOODBYE_MS))),
    ]);
    clearTimeout(timer);
    bonjour.destroy();
    multicast.close();
  };
}

function notPossible(): SealiftError {
  return new SealiftError('NETWORK', 'multicast is not possible here: no network interface takes it');
}
