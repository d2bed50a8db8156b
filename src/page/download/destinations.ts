import type { Pickers } from './file-system-access.js';
import type { Destination } from './messages.js';
import type { RemoteFile } from './remote-file.js';
import { commonFolder, safeName, safePath } from './safe-name.js';

/** Of files that are verified in memory, all that are under way together, in bytes. */
export const MEMORY_LIMIT = 1 << 30;
/** Under this the browser remembers which folder was picked last. */
const PICKER_ID = 'sealift';

const pickers = globalThis as Pickers;
const MEMORY: Destination = { kind: 'memory', limit: MEMORY_LIMIT };

/** True if files can go straight to the disk: then no limit but the disk's holds. */
export function canWriteToDisk(): boolean {
  return isSecureContext && pickers.showSaveFilePicker !== undefined;
}

/**
 * Where these files are to go, in their order: into memory, or to where the user says. To be called first thing in answer to a click, for
 * only then the browser asks.
 * @returns null if the user thought better of it
 */
export async function chooseDestinations(files: readonly RemoteFile[]): Promise<Destination[] | null> {
  if (!canWriteToDisk()) return files.map(() => MEMORY);
  try {
    return await askedDestinations(files);
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') return null;
    // Not in answer to a click, or forbidden by whoever runs the browser.
    return files.map(() => MEMORY);
  }
}

async function askedDestinations(files: readonly RemoteFile[]): Promise<Destination[]> {
  const [first] = files;
  if (first === undefined) return [];
  if (files.length === 1) {
    const suggestedName = safeName(lastSegment(first.name));
    const handle = await pickers.showSaveFilePicker?.({ suggestedName, id: PICKER_ID });
    return [handle ? { kind: 'file', handle } : MEMORY];
  }
  const folder = await pickers.showDirectoryPicker?.({ mode: 'readwrite', id: PICKER_ID });
  const above = commonFolder(files.map(({ name }) => name));
  return files.map(({ name }) => (folder ? { kind: 'folder', folder, path: safePath(name, above) } : MEMORY));
}

export function lastSegment(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}
