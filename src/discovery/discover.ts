import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import { abortedError, SealiftError } from '../errors/index.js';
import { decodeMessage, encodeMessage } from './dns-message.js';
import { type FoundServer, FoundServers } from './found-servers.js';
import { QUESTIONS_MAX } from './limits.js';
import { Multicast } from './multicast.js';
import { SERVICE_TYPE } from './service.js';

export interface DiscoverOptions {
  /** How long answers are waited for, in milliseconds. */
  timeout: number;
  signal?: AbortSignal | undefined;
  /** Looked at whenever an answer came; true ends the search, shortly after. */
  isEnough?: (servers: FoundServer[]) => boolean;
  /** Default 5353. */
  port?: number;
}

export interface Discovery {
  /** Sorted by name, host and port; each once. */
  servers: FoundServer[];
  /** The question came back from at least one interface: multicast works as far as the machine's own edge. */
  isHeard: boolean;
}

/** Packets get lost, and an answer may tell of something that has to be asked for. From the start, in milliseconds. */
const ASK_AT_MS = [0, 250, 1_000, 3_000];
/** Time for somebody else to claim the same name: who answers first is not believed for that. */
const GRACE_MS = 200;
const TIMER_MAX = 2 ** 31 - 1;

/**
 * Asks the network for servers.
 * @throws SealiftError NETWORK when no interface takes multicast; ABORTED
 */
export async function discover({ timeout, signal, isEnough, port }: DiscoverOptions): Promise<Discovery> {
  if (signal?.aborted) throw abortedError(signal);
  const end = new AbortController();
  const asked: Buffer[] = [];
  let isHeard = false;
  let found: FoundServers | null = null;
  let grace: NodeJS.Timeout | undefined;
  const onAbort = () => end.abort();
  signal?.addEventListener('abort', onAbort, { once: true });
  const ended = new Promise<void>((done) => end.signal.addEventListener('abort', () => done()));
  const multicast = await Multicast.open({ scope: 'all', port, onPacket });
  found = new FoundServers(multicast.links);
  const timer = setTimeout(onAbort, Math.min(timeout, TIMER_MAX));

  function onPacket(packet: Buffer, from: string): void {
    isHeard ||= asked.some((own) => own.equals(packet));
    const message = decodeMessage(packet);
    if (message?.type !== 'response' || found === null) return;
    found.take(message, from);
    if (grace === undefined && isEnough?.(found.list())) grace = setTimeout(onAbort, GRACE_MS);
  }

  async function ask(): Promise<void> {
    const pointer = { name: SERVICE_TYPE, type: 'PTR' as const };
    const questions = [pointer, ...(found?.unresolved() ?? [])].slice(0, QUESTIONS_MAX);
    const packet = encodeMessage({ type: 'query', questions });
    asked.push(packet);
    await Promise.race([multicast.send(packet), ended]);
    if (end.signal.aborted) return;
    if (multicast.sent === 0) throw noMulticast();
  }

  try {
    let at = 0;
    for (const next of ASK_AT_MS) {
      await pause(next - at, undefined, { signal: end.signal }).catch(() => {});
      if (end.signal.aborted) break;
      at = next;
      await ask();
      // Nothing can be answered before it is asked.
      if (next === 0) timer.refresh();
    }
    await ended;
    // What has come by now is taken, however long this process had to wait for its turn.
    await nextTurn();
    if (signal?.aborted) throw abortedError(signal);
    return { servers: found.list(), isHeard };
  } finally {
    clearTimeout(timer);
    clearTimeout(grace);
    signal?.removeEventListener('abort', onAbort);
    multicast.close();
  }
}

function noMulticast(): SealiftError {
  return new SealiftError(
    'NETWORK',
    'multicast is not possible here: no network interface takes it; name the server by its address',
  );
}
