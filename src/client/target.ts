import { basename, dirname, resolve } from 'node:path';
import { SealiftError } from '../errors/index.js';

export const DEFAULT_DIR = 'downloads';

/** Where a file goes: `base` is the user's choice, `segments` are folders below it, made when needed. */
export interface Target {
  base: string;
  segments: string[];
  file: string;
}

/** `name` must keep the rules for names, so that no segment of it leads out of `dir`. */
export function targetIn(
  name: string,
  { dir = DEFAULT_DIR, output }: { dir?: string | undefined; output?: string | undefined },
): Target {
  if (output !== undefined) {
    const path = resolve(output);
    if (output.endsWith('/'))
      throw new SealiftError('USAGE', `${output}: name a file, or use --dir for a folder`);
    return { base: dirname(path), segments: [], file: basename(path) };
  }
  const segments = name.split('/');
  requireLocalName(name);
  const file = segments.pop() as string;
  return { base: dir, segments, file };
}

/** @throws SealiftError PERMISSION for a name that this system reads as something else */
export function requireLocalName(name: string): void {
  if (process.platform !== 'win32') return;
  for (const segment of name.split('/')) requireWindowsName(segment, name);
}

const DEVICE = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(\.|$)/i;

/**
 * Names that Windows reads as something else: a drive, a stream, a device, or without their last characters.
 * Source: "Naming Files, Paths, and Namespaces", Windows documentation.
 * @throws SealiftError PERMISSION
 */
export function requireWindowsName(segment: string, name: string): void {
  if (/[<>:"|?*]/.test(segment) || /[. ]$/.test(segment) || DEVICE.test(segment)) {
    throw new SealiftError(
      'PERMISSION',
      `${name}: Windows cannot hold a file of this name; fetch it with -o`,
    );
  }
}
