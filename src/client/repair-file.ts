import { SealiftError } from '../errors/index.js';
import type { ConnectionPool } from './connection-pool.js';
import type { Place } from './download-options.js';
import { downloadTo, type FetchEvents, type FetchedFile } from './fetch-file.js';
import { lookAt } from './local-copy.js';
import { PartFile } from './part-file.js';
import type { PartFiles } from './part-files.js';
import type { Target } from './target.js';
import { TargetFolder } from './target-folder.js';

export interface RepairFileOptions extends FetchEvents {
  parts: PartFiles;
  fsync: boolean;
  signal?: AbortSignal | undefined;
}

/** Downloads what is wrong in the local file into a copy of it, and puts that in its place when it is verified. */
export async function repairFile(
  pool: ConnectionPool,
  name: string,
  target: Target,
  options: RepairFileOptions,
): Promise<FetchedFile> {
  const startedAt = performance.now();
  const { file } = target;
  const folder = await TargetFolder.open(target.base, target.segments, false);
  try {
    const copy = folder && (await lookAt(folder, file));
    if (!folder || copy?.kind !== 'file') {
      throw new SealiftError('LOCAL_IO', `${name}: there is no local file to repair`);
    }
    const { size, version } = copy;
    // Whoever may read or run it stays as it was, but for rights lent to others.
    const mode = copy.mode & 0o777;
    const place: Place = {
      file,
      folder: async () => folder,
      claim: async () => {
        // Of an earlier repair, which got further than the local file; or else of a fetch, which did not.
        const claimed = await options.parts.claim(folder, file);
        if (claimed && claimed.part.foundBytes >= size) return claimed;
        await claimed?.part.discard();
        return { part: await PartFile.copyOf(folder, file, file, null), version: null };
      },
      onKept: () => options.parts.forget(folder),
    };
    const outcome = await downloadTo(place, pool, name, {
      ...options,
      mode,
      force: true,
      beforePublish: () => requireVersion(folder, file, version),
    });
    return { ...outcome, seconds: (performance.now() - startedAt) / 1_000 };
  } finally {
    await folder?.close();
  }
}

/** Rule: what somebody put there meanwhile is not replaced. */
async function requireVersion(folder: TargetFolder, file: string, version: string): Promise<void> {
  const now = await lookAt(folder, file);
  if (now.kind === 'file' && now.version === version) return;
  throw new SealiftError('EXISTS', `${folder.shown(file)}: somebody changed it while it was repaired`);
}
