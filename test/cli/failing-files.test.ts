import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { sealift } from '../helpers/cli.js';
import { md5, putFile } from '../helpers/files.js';
import { localServer } from '../helpers/in-process.js';
import { tempFolder } from '../helpers/temp-folder.js';
import { frame, maliciousServer } from '../helpers/wire.js';

/** Lists `names` for every pattern, and says NOT_FOUND or CORRUPT to what is asked of those that `fails` has. */
function server(names: string[], fails: Record<string, string>): Promise<string> {
  return maliciousServer(async (wire) => {
    for (;;) {
      const { op, name } = await wire.header();
      const code = fails[String(name)];
      if (op === 'list') {
        const entries = names.map((each) => ({ name: each, type: 'x/y', size: 1, md5: null, mtime: 0 }));
        const body = Buffer.from(entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
        wire.write(frame({ ok: true, count: names.length, length: body.length, next: null }));
        wire.write(body);
      } else if (code) wire.send({ ok: false, code, message: `${name}: ${code}` });
      else wire.send({ ok: true, name, type: 'x/y', size: 1, md5: md5('x'), mtime: 0, offset: 0, length: 0 });
    }
  });
}

test('a name in a listing that is not found is a failure at once', async () => {
  const url = await server(['x'], { x: 'NOT_FOUND' });
  for (const name of ['x', 'x/']) {
    const result = await sealift(['fetch', name, '-s', url, '--json'], { cwd: tempFolder() });
    expect(result.code).toBe(3);
    expect(result.stdout.match(/"event":"error"/g)).toHaveLength(1);
    expect((await sealift(['verify', name, '-s', url, '-d', '.'], { cwd: tempFolder() })).code).toBe(3);
  }
});

test('list --md5sum goes on after a file without a digest', async () => {
  const url = await server(['a', 'b', 'c', 'd'], { a: 'CORRUPT', c: 'CHANGED' });
  const result = await sealift(['list', '--md5sum', '-s', url]);
  expect(result).toMatchObject({ code: 4, stdout: `${md5('x')}  b\n${md5('x')}  d\n` });
  expect(result.stderr).toBe('sealift: a: CORRUPT\nsealift: c: CHANGED\n');
});

test('verify: a folder that is not there; the first failure decides; rotten on the server is FAILED', async () => {
  const [storage, cwd] = [tempFolder(), tempFolder()];
  for (const name of ['a', 'bad', 'rotten']) putFile(storage, name, name);
  const { url } = await localServer(storage);
  const run = (...args: string[]) => sealift(['verify', ...args], { cwd, env: { SEALIFT_SERVER: url } });
  expect(await run('-d', 'nodir')).toMatchObject({
    code: 7,
    stdout: '',
    stderr: 'sealift: nodir: no such file or folder\n',
  });
  mkdirSync(join(cwd, 'downloads'));
  for (const name of ['a', 'rotten']) putFile(join(cwd, 'downloads'), name, name);
  expect((await run('a', 'nosuch')).code).toBe(3);
  expect((await run('bad', 'nosuch')).code).toBe(4);
  expect((await run('nosuch', 'bad')).code).toBe(3);
  expect((await sealift(['verify', '--help'])).stdout).toContain('the first one decides');
});

test('verify: rotten on the server is FAILED, with the reason', async () => {
  const url = await server(['a'], { a: 'CORRUPT' });
  const result = await sealift(['verify', 'a', '-s', url, '-d', '.'], { cwd: tempFolder() });
  expect(result).toMatchObject({ code: 4, stdout: 'a: FAILED\n', stderr: 'sealift: a: CORRUPT\n' });
});

test('a peer of another kind', async () => {
  for (const banner of ['SSH-2.0-OpenSSH_9.6\r\n', 'HTTP/1.1 400 Bad Request\r\n\r\n']) {
    const url = await maliciousServer((wire) => wire.write(banner));
    const result = await sealift(['list', '-s', url]);
    expect(result.code).toBe(8);
    expect(result.stderr).toContain(`${url.slice(10)} does not speak Sealift; is it another service?`);
  }
});
