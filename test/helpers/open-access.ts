import { AccessControl } from '#sealift/server/access/index.js';
import { DEFAULT_LIMITS } from '#sealift/server/index.js';
import type { Store } from '#sealift/store/index.js';

/** Lets in everybody, to all of a store. */
export function openTo(store: Store): AccessControl {
  return new AccessControl(store, [], DEFAULT_LIMITS);
}
