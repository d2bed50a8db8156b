import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';

export interface Asked {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
  /** Of Set-Cookie, as it is sent back. */
  cookie: string;
}

export interface AskOptions {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
}

/** One request on a connection of its own, with these fields and no others: what `fetch` adds makes a browser of it. */
export async function httpAsk(
  port: number,
  path: string,
  { method = 'GET', headers = {}, body = '' }: AskOptions = {},
): Promise<Asked> {
  const length = body === '' ? {} : { 'Content-Length': String(Buffer.byteLength(body)) };
  const asked = request({
    port,
    host: '127.0.0.1',
    path,
    method,
    agent: false,
    headers: { ...length, ...headers },
  });
  asked.end(body);
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    asked.once('response', resolve).once('error', reject);
  });
  const { statusCode: status = 0 } = response;
  const [set = ''] = response.headers['set-cookie'] ?? [];
  return { status, headers: response.headers, body: await text(response), cookie: set.split(';')[0] ?? '' };
}
