import { randomBytes } from 'node:crypto';
import { md5Of } from '../digest/index.js';
import { OWNER, type PartOwner } from './part-owner.js';

const PART_NAME =
  /^\.sealift-([0-9a-f]{16})-([0-9a-f]{16})-([0-9a-f]{8})-([0-9a-f]{8})-(\d{1,10})-([0-9a-f]{8})-[0-9a-f]{8}\.part$/;

/** Stands for an MD5 that is not known yet. */
const NO_VERSION = '0'.repeat(16);

export interface PartName {
  /** See {@link partTag}. */
  tag: string;
  /** The first digits of the MD5 of the file that it is a part of, or null if that was not known. */
  version: string | null;
  owner: PartOwner;
}

/** The same for all part files of a target, and short where the target's own name is as long as a name can be. */
export function partTag(file: string): string {
  return md5Of(file).slice(0, 16);
}

export function versionOf(md5: string): string {
  return md5.slice(0, NO_VERSION.length);
}

/** A new name: hidden, and tells of which version of which target it is a part, and which process writes it. */
export function partName(file: string, version: string | null): string {
  const { place, era, pid, birth } = OWNER;
  return `.sealift-${partTag(file)}-${version ?? NO_VERSION}-${place}-${era}-${pid}-${birth}-${chance()}.part`;
}

let pool = Buffer.alloc(0);
let used = 0;

/** Eight random hex digits. To ask for them one by one takes longer than all else about a name. */
function chance(): string {
  if (used === pool.length) {
    pool = randomBytes(1_024);
    used = 0;
  }
  used += 4;
  return pool.toString('hex', used - 4, used);
}

/** Null for a name that no part file has. */
export function parsePartName(name: string): PartName | null {
  const match = PART_NAME.exec(name);
  if (!match) return null;
  const [, tag = '', version = '', place = '', era = '', pid = '', birth = ''] = match;
  return {
    tag,
    version: version === NO_VERSION ? null : version,
    owner: { place, era, pid: Number(pid), birth },
  };
}
