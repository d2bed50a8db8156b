import { TransferError } from './failure.js';
import { md5OfReprDigest } from './repr-digest.js';

/** What a file was listed as; null is what nobody told. */
export interface Expected {
  size: number | null;
  md5: string | null;
}

/** What an answer says the whole file is. */
export interface Announcement {
  md5: string;
  size: number;
  /** A strong one, to go on by; null if there is none. */
  etag: string | null;
  /** Of the file, where this answer's body begins. */
  offset: number;
}

/**
 * What an answer with bytes announces, held against what is known of the file.
 * @throws TransferError if it is another file, or says too little to verify by
 */
export function announcementOf(response: Response, expected: Expected): Announcement {
  const { headers } = response;
  // What is decoded on the way has neither the length nor the digest that is told.
  const coding = headers.get('content-encoding') ?? 'identity';
  if (coding !== 'identity') {
    throw unverifiable(`something on the way sends it as “${coding}”, to which its digest does not apply`);
  }
  const md5 = md5OfReprDigest(headers.get('repr-digest'));
  if (md5 === null) throw unverifiable('the answer has no Repr-Digest field with an MD5');
  const { offset, size = expected.size } = extentOf(response);
  if (size === null) throw unverifiable('the answer does not say how long the file is');
  if (expected.md5 !== null && expected.md5 !== md5) {
    throw changed(`its MD5 was ${expected.md5} and is ${md5} now`);
  }
  if (expected.size !== null && expected.size !== size) {
    throw changed(`it had ${count(expected.size)} and has ${count(size)} now`);
  }
  const etag = headers.get('etag');
  return { md5, size, offset, etag: etag?.startsWith('"') ? etag : null };
}

/** Where the body begins, and how long the file is, as far as that is told. */
function extentOf(response: Response): { offset: number; size?: number } {
  if (response.status === 206) {
    const [, first, size] =
      /^bytes (\d+)-\d+\/(\d+)$/.exec(response.headers.get('content-range') ?? '') ?? [];
    if (first === undefined) throw unverifiable('the answer does not say which part of the file it is');
    return { offset: Number(first), size: Number(size) };
  }
  const length = response.headers.get('content-length');
  return { offset: 0, ...(/^\d+$/.test(length ?? '') ? { size: Number(length) } : {}) };
}

function unverifiable(detail: string): TransferError {
  return new TransferError({ kind: 'unverifiable', detail });
}

function changed(detail: string): TransferError {
  return new TransferError({ kind: 'changed', detail });
}

function count(bytes: number): string {
  return `${bytes.toLocaleString('en')} bytes`;
}
