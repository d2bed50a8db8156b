import { EventEmitter } from 'node:events';
import { Budget } from './budget.js';
import { type DnsMessage, type DnsRecord, decodeMessage, encodeMessage } from './dns-message.js';
import { ANSWERS_AT_ONCE, ANSWERS_PER_SECOND } from './limits.js';

/**
 * What bonjour-service takes for its UDP socket. Only questions get through to it, a bounded number of its answers gets out, no error ever comes of it, and the addresses in
 * its answers are those at which the server listens: by itself it names all of the machine's.
 */
export class ResponderSocket extends EventEmitter {
  readonly #budget = new Budget(ANSWERS_PER_SECOND, ANSWERS_AT_ONCE);

  constructor(
    private readonly transmit: (packet: Buffer) => Promise<void>,
    /** As they are now. */
    private readonly addresses: () => string[],
  ) {
    super();
  }

  receive(packet: Buffer, message: DnsMessage, from: string): void {
    if (message.type !== 'query') return;
    try {
      this.emit('message', packet, { address: from });
    } catch {
      // The packet is a stranger's, and what reads it is not our own: at worst it gets no answer.
    }
  }

  /** As `dgram.Socket.send` is called by multicast-dns. */
  send(
    packet: Buffer,
    _offset: number,
    _length: number,
    _port: number,
    _group: string,
    done: () => void,
  ): void {
    const message = decodeMessage(packet);
    if (!message) return done();
    const isGoodbye = message.answers.some(({ ttl }) => ttl === 0);
    // A goodbye is the last one.
    if (!isGoodbye && !this.#budget.take(1)) return done();
    this.transmit(encodeMessage(this.#corrected(message))).then(done, done);
  }

  close(done?: () => void): void {
    if (done) process.nextTick(done);
  }

  #corrected(message: DnsMessage): DnsMessage {
    const isAddress = ({ type }: DnsRecord) => type === 'A' || type === 'AAAA';
    // The type of service is still offered by others when this one has gone (RFC 6763, section 9).
    const isOfAll = ({ name, ttl }: DnsRecord) => ttl === 0 && name.startsWith('_services.');
    const own = [...message.answers, ...message.additionals].filter((record) => !isAddress(record));
    const service = own.find((record) => record.type === 'SRV');
    return {
      ...message,
      answers: message.answers.filter((record) => !isAddress(record) && !isOfAll(record)),
      additionals: [
        ...message.additionals.filter((record) => !isAddress(record)),
        ...(service ? this.#addressRecords(service.data.target, service.ttl) : []),
      ],
    };
  }

  #addressRecords(name: string, ttl: number): DnsRecord[] {
    return this.addresses().map((data) => ({ name, ttl, type: data.includes(':') ? 'AAAA' : 'A', data }));
  }
}
