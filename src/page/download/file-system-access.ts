/** What Chromium has beyond the standard that TypeScript knows. */
export interface Pickers {
  showSaveFilePicker?(options: { suggestedName: string; id: string }): Promise<FileSystemFileHandle>;
  showDirectoryPicker?(options: { mode: 'readwrite'; id: string }): Promise<FileSystemDirectoryHandle>;
}

/** Methods of a handle that not every browser has, nor for every file. */
interface Beyond {
  /** Gives the file another name in its folder. */
  move?(name: string): Promise<void>;
  remove?(): Promise<void>;
}

/** A browser lets go of a file a moment after it was closed or given up: so often it is tried again, so many milliseconds apart. */
const UNLOCK_TRIES = 40;
const UNLOCK_MS = 50;

export async function moveTo(handle: FileSystemFileHandle, name: string): Promise<void> {
  const { move } = handle as Beyond;
  if (move === undefined) throw new DOMException('files cannot be renamed', 'NotSupportedError');
  await onceUnlocked(() => move.call(handle, name));
}

/** Removes a file that a picker made, if nothing is in it. Never fails. */
export async function removeIfEmpty(handle: FileSystemFileHandle): Promise<void> {
  try {
    const { size } = await handle.getFile();
    if (size === 0) await onceUnlocked(async () => (handle as Beyond).remove?.());
  } catch {
    // It is gone, or stays: it is empty.
  }
}

/** Never fails: what cannot be removed stays under its temporary name. */
export async function removeEntry(folder: FileSystemDirectoryHandle, name: string): Promise<void> {
  await onceUnlocked(() => folder.removeEntry(name)).catch(() => {});
}

async function onceUnlocked(act: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await act();
    } catch (error) {
      const isLocked = error instanceof DOMException && error.name === 'NoModificationAllowedError';
      if (!isLocked || tries === UNLOCK_TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, UNLOCK_MS));
    }
  }
}
