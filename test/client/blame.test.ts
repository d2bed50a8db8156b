import { describe, expect, onTestFinished, test } from 'vitest';
import { cameWrong, describeCulprit, findCulprit } from '#sealift/client/blame.js';
import { Connection } from '#sealift/client/connection.js';
import { parseServerUrl } from '#sealift/client/index.js';
import { chunkServer, type Tricks } from '../helpers/chunk-server.js';
import { md5 } from '../helpers/files.js';

const BODY = Buffer.from('hello');

async function culpritFor(tricks: Tricks, announced = md5(BODY)) {
  const server = await chunkServer(BODY, tricks);
  const connection = await Connection.open(parseServerUrl(server.url), { timeout: 1_500 });
  onTestFinished(() => connection.destroy());
  const culprit = await findCulprit(connection, 'a', announced).catch((error) => error.code);
  expect(server.requests).toEqual([{ op: 'stat', name: 'a', progress: true, fresh: true }]);
  return culprit;
}

const failing = (code: string): Tricks => ({ header: () => ({ ok: false, code, message: 'no' }) });

describe('who damaged a file', () => {
  test('the way, if the server’s own is right', async () => {
    expect(await culpritFor({})).toBe('way');
  });

  test.each(['CORRUPT', 'INTERNAL'])('the server, if it says %s', async (code) => {
    expect(await culpritFor(failing(code))).toBe('server');
  });

  test.each(['NOT_FOUND', 'BUSY', 'UNSUPPORTED', 'TIMEOUT'])('nobody knows, if it says %s', async (code) => {
    expect(await culpritFor(failing(code))).toBe('unknown');
  });

  test('nobody knows, if it says nothing or ends', async () => {
    expect(await culpritFor({ answer: () => true })).toBe('unknown');
    expect(
      await culpritFor({
        answer: (wire) => {
          wire.socket.destroy();
          return true;
        },
      }),
    ).toBe('unknown');
  });

  test('CHANGED, if it is another file', async () => {
    expect(await culpritFor({}, md5('other'))).toBe('CHANGED');
  });
});

test('in words', () => {
  expect(describeCulprit('server')).toContain("server's own file is damaged");
  expect(describeCulprit('way')).toContain('on the way here');
  expect(describeCulprit('unknown')).toContain('did not say');
  expect(cameWrong('x', 'y', 1)).toBe('damaged: announced md5 x, received y');
  expect(cameWrong('x', 'y', 4)).toBe('damaged: announced md5 x, received y, wrong 4 times');
});
