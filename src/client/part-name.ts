import { createHash, randomBytes } from 'node:crypto';

const PART_NAME = /^\.sealift-([0-9a-f]{16})-(\d{1,10})-[0-9a-f]{12}\.part$/;

/** The same for all part files of a target, and short where the target's own name is as long as a name can be. */
export function partTag(file: string): string {
  return createHash('md5').update(file).digest('hex').slice(0, 16);
}

/** Hidden, and tells which process writes it. */
export function partName(file: string): string {
  return `.sealift-${partTag(file)}-${process.pid}-${randomBytes(6).toString('hex')}.part`;
}

/** Null for a name that no part file has. */
export function parsePartName(name: string): { tag: string; pid: number } | null {
  const match = PART_NAME.exec(name);
  return match && { tag: match[1] as string, pid: Number(match[2]) };
}
