import { encodeEntry, LIST_MAX, Pattern } from '../../protocol/index.js';
import type { Handler } from './handler.js';

export const list: Handler<'list'> = async (request, { store, writer, signal }) => {
  const pattern = new Pattern(request.pattern ?? '**');
  const page = await store.list({
    prefix: pattern.prefix,
    matches: (name) => pattern.matches(name),
    after: request.after,
    limit: request.limit ?? LIST_MAX,
    signal,
  });
  const body = Buffer.from(page.entries.map(encodeEntry).join(''));
  writer.header({ ok: true, count: page.entries.length, length: body.length, next: page.next }, body.length);
  if (body.length > 0) await writer.body(body);
};
