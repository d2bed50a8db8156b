import { SealiftError } from '../../errors/index.js';
import type { RequestOf } from '../../protocol/index.js';
import { sendBody } from '../send-body.js';
import { SentHasher } from '../sent-hasher.js';
import { openAtOnce, openDigested, repeatIfChanged } from './digested-file.js';
import { factsHeader } from './facts-header.js';
import type { Handler, HandlerContext } from './handler.js';

export const get: Handler<'get'> = async (request, context) => {
  let isOther = false;
  await repeatIfChanged(
    async () => {
      isOther = !(await sendFile(request, context));
    },
    () => !context.writer.begun,
  );
  if (isOther) throw new SealiftError('CHANGED', `${request.name}: not the file with this MD5 any more`);
};

/** False if the file is not the one of `ifMd5`. */
async function sendFile(
  request: RequestOf<'get'>,
  { grant, store, writer, signal, unlessShared }: HandlerContext,
): Promise<boolean> {
  const { file, digests } = isDeferrable(request)
    ? await openAtOnce(store, request.name)
    : await openDigested(store, request.name, { signal, unlessShared });
  try {
    if (request.ifMd5 !== undefined && request.ifMd5 !== digests?.md5) return false;
    const range = rangeOf(request, file.facts.size);
    // Rule: what is not sent is no use of a link.
    await grant.use();
    const header = { ...factsHeader(file.facts, digests), ...range };
    if (digests !== null) {
      await sendBody(file, range, writer, header);
      return true;
    }
    file.willOffer();
    const hasher = await SentHasher.create(file.facts.size);
    try {
      await sendBody(file, range, writer, { ...header, deferred: true }, (bytes) => hasher.update(bytes));
      const late = await hasher.digests();
      file.offer(late);
      writer.header({ ok: true, md5: late.md5 });
    } finally {
      await hasher.close();
    }
    return true;
  } finally {
    await file.close();
  }
}

/** Only a whole file is hashed by sending it. */
function isDeferrable({ defer, offset, length, ifMd5 }: RequestOf<'get'>): boolean {
  return defer === true && offset === undefined && length === undefined && ifMd5 === undefined;
}

function rangeOf(request: RequestOf<'get'>, size: number): { offset: number; length: number } {
  const offset = request.offset ?? 0;
  if (offset > size) {
    throw new SealiftError('RANGE', `${request.name}: offset ${offset} is past the end (${size} bytes)`);
  }
  return { offset, length: Math.min(request.length ?? size, size - offset) };
}
