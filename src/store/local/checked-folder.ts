import { realpath, stat } from 'node:fs/promises';
import { localError, SealiftError } from '../../errors/index.js';

/**
 * The real path of a folder, without symbolic links.
 * @throws SealiftError LOCAL_IO, PERMISSION, EXISTS when it is not a folder that can be read
 */
export async function checkedFolder(folder: string): Promise<string> {
  try {
    const path = await realpath(folder);
    if (!(await stat(path)).isDirectory()) {
      throw new SealiftError('LOCAL_IO', `${folder}: not a folder; give the folder to serve`);
    }
    return path;
  } catch (error) {
    throw localError(error, folder);
  }
}
