import { isLoopback } from '../admission.js';

export interface Peer {
  isTls: boolean;
  /** Where it connects from. */
  address: string;
}

/** What a server with a certificate asks of its peers. */
export interface PeerRules {
  /** There is a secret to be told. */
  hasToken: boolean;
  /** Whoever runs the server knows that it can be read on the way. */
  isInsecure: boolean;
}

/** True for a peer that would tell its token to everybody on the way, if it were let: it is sent away before it can. */
export function mustUseTls({ isTls, address }: Peer, { hasToken, isInsecure }: PeerRules): boolean {
  return hasToken && !isTls && !isInsecure && !isLoopback(address);
}
