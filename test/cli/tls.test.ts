import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { KnownServersFile } from '#sealift/cli/known-servers.js';
import { connect } from '#sealift/index.js';
import { startProxy } from '../fault/proxy.js';
import { flipBits, only, resetPeer } from '../fault/toxics.js';
import { issue } from '../helpers/certificates.js';
import { sealift, startServer } from '../helpers/cli.js';
import { CHUNK, putFile, someBytes } from '../helpers/files.js';
import { localServer } from '../helpers/in-process.js';
import { tempFolder } from '../helpers/temp-folder.js';
import { untilThere } from '../helpers/until.js';

const ends: (() => void)[] = [];
const onEnd = (end: () => void) => void ends.push(end);
afterAll(() => {
  for (const end of ends) end();
});

const BODY = someBytes(6 * CHUNK + 777, 81);
const storage = tempFolder(onEnd);
putFile(storage, 'a.bin', BODY);
const serverEnv = { XDG_CONFIG_HOME: tempFolder(onEnd) };
const server = startServer(storage, ['--tls'], { env: serverEnv, onEnd });

test('met, remembered, listed, fetched and repaired over TLS; and refused when it is another one', async () => {
  const { url, port, log } = await server;
  const [address = '', fingerprint = ''] = url.replace('sealifts://', '').split('#');
  const env = { XDG_CONFIG_HOME: tempFolder() };
  const downloads = tempFolder();
  const run = (...args: string[]) =>
    sealift([...args, '-s', args.includes('list') ? `sealifts://${address}` : address], { env });
  const list = await run('list');
  expect(list).toMatchObject({ code: 0, stdout: expect.stringContaining('a.bin') });
  expect(list.stderr).toContain(fingerprint);
  const known = join(env.XDG_CONFIG_HOME, 'sealift/known-servers');
  expect(readFileSync(known, 'utf8')).toBe(`${address} ${fingerprint}\n`);
  expect(await run('fetch', 'a.bin', '-d', downloads)).toMatchObject({
    code: 0,
    stderr: expect.not.stringContaining('sha256:'),
  });
  writeFileSync(join(downloads, 'a.bin'), someBytes(BODY.length, 9));
  expect(await run('verify', '--repair', '-d', downloads)).toMatchObject({ code: 0 });
  expect(readFileSync(join(downloads, 'a.bin')).equals(BODY)).toBe(true);
  writeFileSync(known, `# mine\n${address} sha256:${'0'.repeat(64)}`);
  const refused = await run('fetch', 'a.bin', '-d', downloads);
  expect(refused).toMatchObject({
    code: 6,
    stderr: expect.stringMatching(/HAS CHANGED.*sha256:0000.*known-servers/),
  });
  expect(log()).not.toContain('TLS');
  expect(port).toBeGreaterThan(0);
});

test.each([
  ['a bit is flipped', flipBits({ at: 3 * CHUNK, connections: only(1) })],
  ['the connection is reset', resetPeer({ after: 3 * CHUNK, connections: only(1) })],
])('%s on the way: the record fails, and the fetch goes on from what is verified', async (_, toxic) => {
  const { url, port } = await server;
  const proxy = await startProxy(port, [toxic]);
  onTestFinished(() => proxy.close());
  const link = url.replace(String(port), String(proxy.port));
  const downloads = tempFolder();
  const { code, stdout } = await sealift([
    'fetch',
    'a.bin',
    '-d',
    downloads,
    '--json',
    '-j',
    '1',
    '-s',
    link,
  ]);
  expect({ code, hits: proxy.hits.length > 0 }).toEqual({ code: 0, hits: true });
  expect(readFileSync(join(downloads, 'a.bin')).equals(BODY)).toBe(true);
  expect(stdout).not.toContain('CORRUPT');
});

test('a certificate of a file, and another one on SIGHUP; a broken one is told of, and changes nothing', async () => {
  const folder = tempFolder();
  const [first, second] = [
    issue('first', { names: ['127.0.0.1'] }),
    issue('second', { names: ['127.0.0.1'] }),
  ];
  const paths = { cert: join(folder, 'c.pem'), key: join(folder, 'k.pem') };
  const put = ({ cert, key }: { cert: string; key: string }) => {
    writeFileSync(paths.cert, cert);
    writeFileSync(paths.key, key);
  };
  put(first);
  const own = await startServer(storage, ['--tls-cert', paths.cert, '--tls-key', paths.key]);
  expect(own.url).toContain(`#sha256:${first.fingerprint}`);
  const running = connectTls({ port: own.port, host: '127.0.0.1', rejectUnauthorized: false });
  onTestFinished(() => void running.destroy());
  await new Promise((resolve) => running.once('secureConnect', resolve));
  put({ ...second, key: first.key });
  own.child.kill('SIGHUP');
  await untilThere(() => /still the old one: TLS: .*another certificate/.exec(own.log()));
  const list = (fingerprint: string) =>
    sealift(['list', '-s', `sealifts://127.0.0.1:${own.port}#sha256:${fingerprint}`]);
  expect(await list(first.fingerprint)).toMatchObject({ code: 0 });
  put(second);
  own.child.kill('SIGHUP');
  await untilThere(() => own.log().includes(second.fingerprint) || null);
  expect(await list(first.fingerprint)).toMatchObject({ code: 6 });
  expect(await list(second.fingerprint)).toMatchObject({ code: 0 });
  expect(running.destroyed).toBe(false);
});

test.each([
  [['--tls-cert', 'c.pem'], /go together/, 2],
  [['--tls-cert', 'none.pem', '--tls-key', 'none.pem'], /none\.pem: no such file/, 7],
])('serve %j is refused in a line', async (args, says, exitCode) => {
  const { code, stderr } = await sealift(['serve', storage, '--port', '0', ...args], { cwd: storage });
  expect({ code, lines: stderr.trim().split('\n').length }).toEqual({ code: exitCode, lines: 1 });
  expect(stderr).toMatch(says);
});

test('who speaks TLS to a server without it is told so, and the other way round', async () => {
  const plain = await localServer(storage);
  await expect(connect(plain.url.replace('sealift', 'sealifts'))).rejects.toMatchObject({
    code: 'NETWORK',
    message: expect.stringContaining('does not speak TLS'),
  });
  const { port } = await server;
  const client = await connect(`sealift://127.0.0.1:${port}`);
  expect(await client.stat('a.bin')).toMatchObject({ size: BODY.length });
  client.close();
});

test('what is known is found in whatever way it is written, and a damaged line lets nobody in', () => {
  const folder = tempFolder();
  const file = new KnownServersFile(true, folder);
  const hex = 'ab'.repeat(32);
  writeFileSync(
    file.place,
    `# a list\n\n  Example.org:1\tsha256:${hex.toUpperCase()}\r\n[::1]:2 sha256:${hex}\nbad:3 sha256:12\n`,
  );
  expect(file.fingerprintOf({ host: 'example.org', port: 1 })).toBe(hex);
  expect(file.fingerprintOf({ host: '::1', port: 2 })).toBe(hex);
  expect(file.fingerprintOf({ host: 'example.org', port: 2 })).toBeUndefined();
  expect(() => file.fingerprintOf({ host: 'bad', port: 3 })).toThrow(
    expect.objectContaining({ code: 'UNTRUSTED' }),
  );
  const reader = new KnownServersFile(false, folder);
  expect(() => reader.remember({ host: 'new', port: 4 }, hex)).toThrow(
    expect.objectContaining({ code: 'UNTRUSTED' }),
  );
  rmSync(file.place);
  expect(file.fingerprintOf({ host: 'example.org', port: 1 })).toBeUndefined();
});
