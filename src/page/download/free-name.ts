import { numberedName } from './safe-name.js';

const ATTEMPTS = 1_000;

let last: Promise<unknown> = Promise.resolve();

/** What looks for a free name and takes it does so alone: else two would find the same one. */
export function oneAtATime<T>(act: () => Promise<T>): Promise<T> {
  const result = last.then(act);
  last = result.catch(() => {});
  return result;
}

/** `a.txt`, or the first of `a (1).txt`, `a (2).txt`… that nothing in the folder is called. */
export async function freeName(folder: FileSystemDirectoryHandle, name: string): Promise<string> {
  for (let count = 0; count < ATTEMPTS; count++) {
    const candidate = count === 0 ? name : numberedName(name, count);
    if (!(await isThere(folder, candidate))) return candidate;
  }
  throw new Error(`there are too many files called ${name}`);
}

async function isThere(folder: FileSystemDirectoryHandle, name: string): Promise<boolean> {
  try {
    await folder.getFileHandle(name);
    return true;
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    if (error.name === 'NotFoundError') return false;
    // A folder of that name.
    if (error.name === 'TypeMismatchError') return true;
    throw error;
  }
}
