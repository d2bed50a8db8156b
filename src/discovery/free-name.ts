import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { type DnsMessage, type DnsRecord, encodeMessage, sameName } from './dns-message.js';
import { fullNameOf, numberedName } from './service.js';

/** RFC 6762, section 8.1: asked three times, a quarter of a second apart. */
const TIMES = 3;
const APART_MS = 250;
/** Behind this a name gets a random number. */
const NAMES_TRIED = 20;

/**
 * Finds a name that nobody else on the network has. Servers that start at the same time hear each other ask: who drew the lower number takes
 * another name (RFC 6762, section 8.2, with a random number for the records).
 */
export class FreeName {
  readonly #draw = randomBytes(8);
  /** Ends the turn of the name that is being tried. */
  #taken: AbortController | null = null;
  #asked = '';

  constructor(private readonly send: (packet: Buffer) => Promise<void>) {}

  /** Null when `signal` was aborted meanwhile. */
  async find(wanted: string, signal: AbortSignal): Promise<string | null> {
    for (let count = 1; count <= NAMES_TRIED; count++) {
      const name = numberedName(wanted, count);
      const isFree = await this.#isFree(name, signal);
      if (signal.aborted) return null;
      if (isFree) return name;
    }
    return numberedName(wanted, this.#draw.readUInt32BE());
  }

  take({ type, questions, answers, additionals, authorities }: DnsMessage): void {
    const isAsked = ({ name }: { name: string }) => sameName(name, this.#asked);
    if (type === 'response') {
      if ([...answers, ...additionals].some((record) => record.ttl > 0 && isAsked(record)))
        this.#taken?.abort();
    } else if (questions.some(isAsked)) {
      const rival = authorities.filter(isAsked).find((record) => record.type === 'TXT');
      if (rival && this.#losesTo(rival)) this.#taken?.abort();
    }
  }

  async #isFree(name: string, signal: AbortSignal): Promise<boolean> {
    this.#asked = fullNameOf(name);
    this.#taken = new AbortController();
    const either = AbortSignal.any([signal, this.#taken.signal]);
    const question = { name: this.#asked, type: 'ANY' as const };
    const authorities: DnsRecord[] = [{ name: this.#asked, type: 'TXT', ttl: 120, data: [this.#draw] }];
    const packet = encodeMessage({ type: 'query', questions: [question], authorities });
    for (let time = 0; time < TIMES && !either.aborted; time++) {
      await this.send(packet);
      await pause(APART_MS, undefined, { signal: either }).catch(() => {});
    }
    return !either.aborted;
  }

  /** One's own question comes back too. */
  #losesTo({ data }: DnsRecord & { type: 'TXT' }): boolean {
    const theirs = [data].flat()[0] ?? Buffer.alloc(0);
    return theirs.compare(this.#draw) > 0;
  }
}
