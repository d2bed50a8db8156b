import { CHUNK_DIGEST, CHUNK_SIZE } from '../../digest/index.js';
import type { DigestOptions, Manifest, Store } from '../../store/index.js';
import { repeatIfChanged } from './digested-file.js';
import type { Handler } from './handler.js';
import { withProgress } from './hashing-progress.js';

export const manifest: Handler<'manifest'> = async (request, context) => {
  const { store, writer } = context;
  const { size, md5, count, pieces } = await withProgress(request, context, (options) =>
    repeatIfChanged(() => manifestFrom(store, request.name, options)),
  );
  const length = count * CHUNK_DIGEST;
  const about = { ok: true, name: request.name, size, md5 };
  writer.header({ ...about, digest: 'blake3', chunkSize: CHUNK_SIZE, count, length }, length);
  for (const piece of pieces()) await writer.body(piece);
};

/** The manifest needs the file no longer: it is of the version that was opened, whatever becomes of that. */
async function manifestFrom(
  store: Store,
  name: string,
  options: DigestOptions,
): Promise<Manifest & { size: number }> {
  const file = await store.open(name);
  try {
    return { ...(await file.manifest(options)), size: file.facts.size };
  } finally {
    await file.close();
  }
}
