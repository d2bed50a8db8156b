import { openDigested, repeatIfChanged } from './digested-file.js';
import { factsHeader } from './facts-header.js';
import type { Handler } from './handler.js';
import { withProgress } from './hashing-progress.js';

export const stat: Handler<'stat'> = async (request, context) => {
  const { file, digests } = await withProgress(request, context, (options) =>
    repeatIfChanged(() => openDigested(context.store, request.name, options)),
  );
  await file.close();
  context.writer.header({ ...factsHeader(file.facts, digests), offset: 0, length: 0 });
};
