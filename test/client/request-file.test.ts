import { describe, expect, onTestFinished, test } from 'vitest';
import { Connection } from '#sealift/client/connection.js';
import { parseServerUrl } from '#sealift/client/index.js';
import { requestFile, requestRange } from '#sealift/client/request-file.js';
import { chunkServer, type Tricks } from '../helpers/chunk-server.js';
import { CHUNK, digestsOf, md5, someBytes } from '../helpers/files.js';

const BODY = someBytes(3 * CHUNK, 31);
const FILE = { size: BODY.length, md5: md5(BODY) };
const RANGE = { start: CHUNK, end: 2 * CHUNK };

async function connectTo(tricks: Tricks = {}) {
  const server = await chunkServer(BODY, tricks);
  const connection = await Connection.open(parseServerUrl(server.url), { timeout: 5_000 });
  onTestFinished(() => connection.destroy());
  return { server, connection };
}

const answering = (wrong: Record<string, unknown>) =>
  connectTo({ header: (header) => ({ ...header, ...wrong }) });

describe('the whole file', () => {
  test('as it is announced', async () => {
    const { connection, server } = await connectTo();
    expect(await requestFile(connection, 'a')).toMatchObject({ ...FILE, root: digestsOf(BODY).root });
    expect(server.requests).toEqual([{ op: 'get', name: 'a', defer: true }]);
  });

  test.each<[string, Record<string, unknown>]>([
    ['another name', { name: 'b' }],
    ['a range', { offset: CHUNK, length: 2 * CHUNK }],
    ['less than all', { length: CHUNK }],
    ['no digest', { md5: null }],
  ])('%s is a protocol error', async (_, wrong) => {
    const { connection } = await answering(wrong);
    await expect(requestFile(connection, 'a')).rejects.toMatchObject({ code: 'PROTOCOL' });
  });
});

describe('a range', () => {
  test('of the file with this MD5', async () => {
    const { connection, server } = await connectTo();
    expect(await requestRange(connection, 'a', RANGE, FILE)).toMatchObject({ offset: CHUNK, length: CHUNK });
    expect((await connection.wholeBody(CHUNK)).equals(BODY.subarray(CHUNK, 2 * CHUNK))).toBe(true);
    expect(server.requests).toEqual([
      { op: 'get', name: 'a', offset: CHUNK, length: CHUNK, ifMd5: FILE.md5 },
    ]);
  });

  test.each<[string, Record<string, unknown>]>([
    ['another name', { name: 'b' }],
    ['the whole file instead', { offset: 0, length: BODY.length }],
    ['from another place', { offset: 0 }],
    ['another length', { length: CHUNK - 1 }],
    ['of a file of another size', { size: BODY.length + 1 }],
    ['of another file', { md5: md5('other') }],
    ['of a file without a digest', { md5: null, deferred: true }],
  ])('%s is a protocol error', async (_, wrong) => {
    const { connection } = await answering(wrong);
    await expect(requestRange(connection, 'a', RANGE, FILE)).rejects.toMatchObject({ code: 'PROTOCOL' });
  });

  test('of a file that is another one by now is CHANGED', async () => {
    const { connection, server } = await connectTo();
    server.serve(someBytes(CHUNK, 5));
    await expect(requestRange(connection, 'a', RANGE, FILE)).rejects.toMatchObject({ code: 'CHANGED' });
  });
});
