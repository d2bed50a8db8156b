import type { Entry } from './entry.js';
import type { PagedListing } from './listing.js';

const WAIT_MS = { first: 1_500, last: 15_000 };

/** Looks again for what the server had not hashed, less and less often, as long as the page is open. */
export async function watchUnhashed(
  source: () => PagedListing | null,
  onChanged: (entries: Entry[]) => void,
): Promise<never> {
  for (let wait = WAIT_MS.first; ; wait = Math.min(wait * 1.5, WAIT_MS.last)) {
    await new Promise((resolve) => setTimeout(resolve, wait));
    if (document.hidden) continue;
    // Whoever asks for something is told if the server is gone; here one tries again.
    const changed = await source()
      ?.refresh()
      .catch(() => null);
    if (!changed?.length) continue;
    onChanged(changed);
    wait = WAIT_MS.first;
  }
}
