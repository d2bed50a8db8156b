import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { blake3 } from '@napi-rs/blake-hash';

export const CHUNK = 1 << 20;
const PAST = new Date('2026-01-02T03:04:05.678Z');

/** Bytes that look random and are the same for the same seed (xorshift32). */
export function someBytes(size: number, seed = 1): Buffer {
  const bytes = Buffer.allocUnsafe(size);
  let state = (seed * 2_654_435_761) >>> 0 || 1;
  for (let at = 0; at < size; at++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[at] = state & 0xff;
  }
  return bytes;
}

export function md5(bytes: Uint8Array | string): string {
  return createHash('md5').update(bytes).digest('hex');
}

/** The chunk digests of a file with these bytes, made by none of Sealift's own code. */
export function manifestOf(content: Uint8Array | string): Buffer {
  const bytes = Buffer.from(content);
  const chunks = Array.from({ length: Math.ceil(bytes.length / CHUNK) }, (_, at) =>
    bytes.subarray(at * CHUNK, (at + 1) * CHUNK),
  );
  return Buffer.concat(chunks.map((chunk) => blake3(chunk)));
}

export function digestsOf(content: Uint8Array | string): { md5: string; root: string; manifest: Buffer } {
  const manifest = manifestOf(content);
  return { md5: md5(content), root: blake3(manifest).toString('hex'), manifest };
}

/** Writes a file, folders included, and dates it back so that its digest may be remembered. */
export function putFile(folder: string, name: string, content: Uint8Array | string): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  utimesSync(path, PAST, PAST);
  return path;
}

/** A file of zeros that takes no room on disk, dated back. */
export function putSparse(folder: string, name: string, size: number): string {
  const path = putFile(folder, name, '');
  truncateSync(path, size);
  utimesSync(path, PAST, PAST);
  return path;
}

/** Other bytes under the same size and mtime: what rot looks like. */
export function rot(folder: string, name: string, content: Uint8Array | string): void {
  writeFileSync(join(folder, name), content);
  utimesSync(join(folder, name), PAST, PAST);
}

/** Names of everything below a folder, hidden files too, sorted; folders end in a slash. */
export function everythingIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .map((entry) => {
      const path = join(entry.parentPath, entry.name).slice(folder.length + 1);
      return entry.isDirectory() ? `${path}/` : path;
    })
    .sort();
}
