import { Wire } from './wire.js';

export interface RawAnswer {
  /** All that came, a character a byte. */
  text: string;
  /** Of each response, in order. */
  statuses: number[];
  /** How the connection ended: `end` is a clean one. */
  ending: string;
}

export const request = (target: string, fields: string[] = [], method = 'GET') =>
  [`${method} ${target} HTTP/1.1`, 'Host: localhost', ...fields, '', ''].join('\r\n');

/** Sends these bytes on a connection of their own, and returns all that comes until the server ends it. */
export async function rawHttp(port: number, ...pieces: (string | Buffer)[]): Promise<RawAnswer> {
  const wire = await Wire.to(port);
  for (const piece of pieces) {
    wire.write(typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return answersOf(wire);
}

/** All that comes on a connection until the server ends it. */
export async function answersOf(wire: Wire): Promise<RawAnswer> {
  const ending = await wire.ended();
  const text = wire.peek().toString('latin1');
  wire.socket.destroy();
  return { text, statuses: statusesOf(text), ending };
}

/** Those of the properties of a file are none. */
function statusesOf(text: string): number[] {
  return [...text.matchAll(/(?<!<D:status>)HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
}
