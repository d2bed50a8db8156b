import type { DigestOptions } from '../../store/index.js';
import { openDigested, repeatIfChanged } from './digested-file.js';
import type { Handler } from './handler.js';

const INTERIM_MS = 1_000;

export const stat: Handler<'stat'> = async (request, { store, writer, signal, unlessShared }) => {
  let timer: NodeJS.Timeout | undefined;
  const onHashing: DigestOptions['onHashing'] = (progress) => {
    clearInterval(timer);
    timer = setInterval(() => writer.header({ hashing: progress() }), INTERIM_MS);
  };
  const options: DigestOptions = { fresh: request.fresh ?? false, signal, unlessShared };
  if (request.progress) options.onHashing = onHashing;
  try {
    const { file, md5 } = await repeatIfChanged(() => openDigested(store, request.name, options));
    await file.close();
    const { name, type, size, mtime } = file.facts;
    writer.header({ ok: true, name, type, size, md5, mtime, offset: 0, length: 0 });
  } finally {
    clearInterval(timer);
  }
};
