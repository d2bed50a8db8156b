import type { Exchange } from './exchange.js';
import { ResponseWriter } from './response-writer.js';

/** Sends a text of unknown length while it is made, no faster than it is taken. What fails before its first piece is there can still be refused. */
export async function streamText(
  exchange: Exchange,
  fields: Record<string, string>,
  pieces: AsyncGenerator<string>,
  status = 200,
): Promise<void> {
  const { response, context } = exchange;
  let piece = await pieces.next();
  const all = { Vary: 'Accept', ...exchange.safeHeaders, ...fields };
  if (exchange.isHead) {
    await pieces.return(undefined);
    response.writeHead(status, all);
    response.end();
    return;
  }
  const writer = new ResponseWriter(response, context, status);
  writer.header(all);
  try {
    for (; !piece.done; piece = await pieces.next()) {
      if (piece.value !== '') await writer.body(Buffer.from(piece.value));
    }
    response.end();
  } finally {
    exchange.bodyBytes = writer.bodyBytes;
  }
}
