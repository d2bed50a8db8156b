import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { newPrivateKey, selfSigned } from '#sealift/server/index.js';
import { localServer } from '../../helpers/in-process.js';
import { tempFolder } from '../../helpers/temp-folder.js';

const OUTSIDE = Object.values(networkInterfaces())
  .flat()
  .find((address) => address?.family === 'IPv4' && !address.internal)?.address;

test.runIf(OUTSIDE !== undefined)(
  'who shows a token without TLS is told the address with it, as it is written, on a socket for both families too',
  async () => {
    const key = newPrivateKey();
    const tls = { key, cert: selfSigned(key, 'nas') };
    const { port } = await localServer(tempFolder(), {
      host: '::',
      tokens: ['correct-horse-battery'],
      tls,
    });
    const told = (bytes: string) => text(connect(port, OUTSIDE as string).end(bytes));
    expect(await told('GET / HTTP/1.1\r\n\r\n')).toContain(`wants TLS: https://${OUTSIDE}:${port}/\n`);
    expect(await told('\0\0\0\u000d{"op":"ping"}')).toContain(`wants TLS: sealifts://${OUTSIDE}:${port}"`);
  },
);
