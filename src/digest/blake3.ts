import type { Hasher } from './hasher.js';

/** BLAKE3, 32 bytes long, that can begin anew. */
export interface Blake3 extends Hasher {
  /** The digest of what was taken in since the last `reset`; call that before the next `update`. */
  bytes(): Buffer;
  reset(): void;
}

let loading: Promise<() => Promise<Blake3>> | undefined;

/** BLAKE3 by native code where npm has it for this machine, else by WebAssembly: same digests, about a tenth of the speed. */
export async function createBlake3(): Promise<Blake3> {
  loading ??= loadNative();
  return (await loading)();
}

async function loadNative(): Promise<() => Promise<Blake3>> {
  try {
    const { Blake3Hasher } = await withoutNetworkInReports(() => import('@napi-rs/blake-hash'));
    // Made once here: a binding that loads may still be one that does not work.
    new Blake3Hasher();
    return async () => nativeBlake3(new Blake3Hasher());
  } catch {
    return wasmBlake3;
  }
}

/**
 * The package finds out which C library this is by a diagnostic report, and Node puts the host names of all peers there, for which it
 * asks their name servers and waits: nothing that a transfer may hang on.
 */
async function withoutNetworkInReports<T>(load: () => Promise<T>): Promise<T> {
  // Since Node 20.13; its types do not know of it.
  const report: NodeJS.ProcessReport & { excludeNetwork?: boolean } = process.report;
  const { excludeNetwork = false } = report;
  report.excludeNetwork = true;
  try {
    return await load();
  } finally {
    report.excludeNetwork = excludeNetwork;
  }
}

type NativeHasher = InstanceType<typeof import('@napi-rs/blake-hash')['Blake3Hasher']>;

function nativeBlake3(hash: NativeHasher): Blake3 {
  // A view, not a copy.
  const viewOf = (bytes: Uint8Array) =>
    Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    update: (bytes) => void hash.update(viewOf(bytes)),
    hex: () => hash.digest('hex'),
    bytes: () => hash.digestBuffer(),
    reset: () => void hash.reset(),
  };
}

/** Exported for the test that both give the same digests. */
export async function wasmBlake3(): Promise<Blake3> {
  const { createBLAKE3 } = await import('hash-wasm');
  const hash = await createBLAKE3();
  return {
    update: (bytes) => void hash.update(bytes),
    hex: () => hash.digest('hex'),
    bytes: () => Buffer.from(hash.digest('binary')),
    reset: () => void hash.init(),
  };
}
