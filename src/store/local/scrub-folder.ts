import type { IndexKind } from '../digest-index/digest-index.js';
import { openIndex } from '../digest-index/open-index.js';
import { checkedFolder } from './checked-folder.js';
import { type ScrubOptions, type ScrubProgress, type ScrubReport, scrub } from './scrub.js';
import { ServedRoot } from './served-root.js';
import { walk } from './walk.js';

export interface ScrubFolderOptions extends ScrubOptions {
  /** The rule for names: a file whose name breaks it does not exist. */
  accepts: (name: string) => boolean;
  /** Asked for what is to come, before the scrub begins. */
  onTotal?: ((total: ScrubProgress) => void) | undefined;
}

/**
 * Scrubs the folder of a storage, be a server running on it or not.
 * @throws SealiftError LOCAL_IO, PERMISSION, EXISTS when `folder` is not a folder that can be read
 */
export async function scrubFolder(
  folder: string,
  { accepts, onTotal, ...options }: ScrubFolderOptions,
): Promise<ScrubReport & { index: IndexKind }> {
  const path = await checkedFolder(folder);
  const root = new ServedRoot(path, accepts);
  const index = await openIndex(path);
  try {
    onTotal?.(await totalOf(root, options.signal));
    return { ...(await scrub(root, index, options)), index: index.kind };
  } finally {
    await index.close();
  }
}

async function totalOf(root: ServedRoot, signal: AbortSignal): Promise<ScrubProgress> {
  const total = { files: 0, bytes: 0 };
  for await (const { kind, name } of walk(root.path, '')) {
    if (signal.aborted) break;
    const stats = kind === 'folder' ? null : await root.look(name);
    if (stats === null) continue;
    total.files++;
    total.bytes += Number(stats.size);
  }
  return total;
}
