import { readdirSync, readFileSync } from 'node:fs';

const OPEN_FILES = '/proc/self/fdinfo';
/** Octal, as the system writes it (proc(5)). */
const CLOSE_ON_EXEC = 0o2000000;

/**
 * The descriptors from 3 on that a program would inherit if it were started now: LMDB opens its file so, and whoever started this process may have
 * left some open. Where the system does not tell, it is taken to close all of them (posix_spawn of macOS).
 */
export function inheritedDescriptors(): number[] {
  let names: string[];
  try {
    names = readdirSync(OPEN_FILES);
  } catch {
    return [];
  }
  return names.map(Number).filter((descriptor) => descriptor > 2 && isInherited(descriptor));
}

function isInherited(descriptor: number): boolean {
  try {
    const flags = /^flags:\s*([0-7]+)$/m.exec(readFileSync(`${OPEN_FILES}/${descriptor}`, 'utf8'))?.[1];
    return flags !== undefined && (Number.parseInt(flags, 8) & CLOSE_ON_EXEC) === 0;
  } catch {
    // The one that the folder was read by.
    return false;
  }
}
