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

export async function moveTo(handle: FileSystemFileHandle, name: string): Promise<void> {
  const { move } = handle as Beyond;
  if (move === undefined) throw new DOMException('files cannot be renamed', 'NotSupportedError');
  await move.call(handle, name);
}

/** Removes a file that a picker made, if nothing is in it. Never fails. */
export async function removeIfEmpty(handle: FileSystemFileHandle): Promise<void> {
  try {
    const { size } = await handle.getFile();
    if (size === 0) await (handle as Beyond).remove?.();
  } catch {
    // It is gone, or stays: it is empty.
  }
}
