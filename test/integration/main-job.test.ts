import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { sealift, startServer } from '../helpers/cli.js';
import { everythingIn, md5, putFile, someBytes } from '../helpers/files.js';
import { tempFolder } from '../helpers/temp-folder.js';
import { Wire } from '../helpers/wire.js';

test('serve, list, fetch, verify', async () => {
  const [storage, downloads] = [tempFolder(), tempFolder()];
  const content = someBytes(300_000);
  putFile(storage, 'photos/girl.png', content);
  const server = await startServer(storage);

  const listed = await sealift(['list', '-s', server.url]);
  expect(listed.code).toBe(0);
  expect(listed.stdout).toContain('photos/girl.png');

  const fetched = await sealift(['fetch', 'photos/girl.png', '-s', server.url, '-d', downloads]);
  expect(fetched).toMatchObject({ code: 0 });
  expect(md5(readFileSync(join(downloads, 'photos/girl.png')))).toBe(md5(content));
  expect(everythingIn(downloads)).toEqual(['photos/', 'photos/girl.png']);

  const verified = await sealift(['verify', '-s', server.url, '-d', downloads]);
  expect(verified).toMatchObject({ code: 0, stdout: 'photos/girl.png: OK\n' });
});

test('a raw client gets header and body', async () => {
  const storage = tempFolder();
  putFile(storage, 'a.txt', 'hello');
  const { port } = await startServer(storage);
  const wire = await Wire.to(port);
  const { header, body } = await wire.askBody({ op: 'get', name: 'a.txt', id: 7 });
  expect(header).toMatchObject({
    ok: true,
    id: 7,
    name: 'a.txt',
    type: 'text/plain',
    size: 5,
    md5: md5('hello'),
  });
  expect(body.toString()).toBe('hello');
});
