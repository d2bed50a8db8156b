import { networkInterfaces } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseServerLink } from '#sealift/client/index.js';
import { addressAs, formatShareLink } from '#sealift/client/share-address.js';
import { connect, type Sealift, type SealiftServer, serve } from '#sealift/index.js';
import { issue } from '../helpers/certificates.js';
import { putFile } from '../helpers/files.js';
import { localServer } from '../helpers/in-process.js';
import { tempFolder } from '../helpers/temp-folder.js';
import { frame, maliciousServer, type Wire } from '../helpers/wire.js';

const TOKEN = 'a-token-of-some-length';

let server: SealiftServer;
let owner: Sealift;
const ends: (() => void)[] = [];

beforeAll(async () => {
  const folder = tempFolder((end) => void ends.push(end));
  for (const name of ['a.txt', 'b{1,2}*.txt', 'reports/q1.csv', 'reports/q2.csv'])
    putFile(folder, name, name);
  server = await serve(folder, { port: 0, tokens: [TOKEN] });
  owner = await connect(server.url, { token: TOKEN });
});

afterAll(async () => {
  owner.close();
  server.abort();
  await server.close();
  for (const end of ends) end();
});

async function allOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

async function namesBy(link: string): Promise<string[]> {
  const client = await connect(link);
  try {
    return (await allOf(client.list())).map(({ name }) => name);
  } finally {
    client.close();
  }
}

test('a link to a file, a folder or a pattern opens just that', async () => {
  const linkTo = async (what: { name: string } | { pattern: string }) => (await owner.share(what)).link;
  expect(await namesBy(await linkTo({ name: 'a.txt' }))).toEqual(['a.txt']);
  expect(await namesBy(await linkTo({ name: 'reports' }))).toEqual(['reports/q1.csv', 'reports/q2.csv']);
  expect(await namesBy(await linkTo({ name: 'b{1,2}*.txt' }))).toEqual(['b{1,2}*.txt']);
  expect(await namesBy(await linkTo({ pattern: '{a.txt,**/q2.*}' }))).toEqual(['a.txt', 'reports/q2.csv']);
  expect(await namesBy(await linkTo({ pattern: 'nothing/yet' }))).toEqual([]);
});

test('what is told of a link; the list has it until it is revoked, and then says so', async () => {
  const before = Date.now();
  const share = await owner.share({ name: 'reports', expires: 3_600_000, uses: 2 });
  expect(share).toEqual({
    id: expect.stringMatching(/^[0-9a-f]{12}$/),
    link: expect.stringMatching(
      new RegExp(`^http://127\\.0\\.0\\.1:${server.port}/\\.sealift/share/[\\w-]{40,120}/$`),
    ),
    pattern: 'reports/**',
    expiresAt: expect.any(Number),
    uses: 2,
  });
  expect(Math.abs((share.expiresAt ?? 0) - before - 3_600_000)).toBeLessThan(60_000);
  const known = async () => (await allOf(owner.shares())).find(({ id }) => id === share.id);
  expect(await known()).toMatchObject({ pattern: 'reports/**', uses: 2, used: 0, revoked: false });
  await owner.revoke(share.id);
  expect(await known()).toMatchObject({ revoked: true });
  await expect(connect(share.link)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  await expect(owner.revoke('0123456789ab')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(owner.revoke('../..')).rejects.toMatchObject({ code: 'USAGE' });
});

test.each([
  [{ name: '../x' }, 'NOT_FOUND'],
  [{ name: '' }, 'NOT_FOUND'],
  [{ pattern: 'x'.repeat(1_025) }, 'USAGE'],
  [{ name: `${'x'.repeat(200)}/`.repeat(5) + 'y'.repeat(18) }, 'USAGE'],
  [{ pattern: '{a,b}'.repeat(7) }, 'USAGE'],
  [{ pattern: 'a', uses: 0 }, 'USAGE'],
  [{ pattern: 'a', uses: 1_001 }, 'USAGE'],
  [{ pattern: 'a', expires: 999 }, 'USAGE'],
  [{ pattern: 'a', as: 'ftp://x' }, 'USAGE'],
])('what is wrong to share is refused before it is sent: %#', async (options, code) => {
  await expect(owner.share(options as never)).rejects.toMatchObject({ code });
});

test('a server with a certificate says so in its links, even if it was asked for one without TLS', async () => {
  const issuer = issue('authority');
  const [own, vouched] = [
    issue('own', { names: ['nas.lan'] }),
    issue('vouched', { issuer, names: ['nas.lan'] }),
  ];
  const secret = await localServer(tempFolder(), { tokens: [TOKEN], tls: own });
  const linkAs = async (as?: string) => {
    const client = await connect(`sealift://127.0.0.1:${secret.port}`, { token: TOKEN });
    const { link } = await client.share({ pattern: '**', ...(as === undefined ? {} : { as }) });
    client.close();
    return link.replace(/share\/[\w-]+/, 'share/…');
  };
  const { port } = secret;
  const pin = `#sha256:${own.fingerprint}`;
  expect(await linkAs()).toBe(`https://127.0.0.1:${port}/.sealift/share/…/${pin}`);
  expect(await linkAs('nas.lan')).toBe(`https://nas.lan:${port}/.sealift/share/…/${pin}`);
  expect(await linkAs('sealift://nas.lan:1')).toBe('http://nas.lan:1/.sealift/share/…/');
  secret.replaceCertificate(vouched);
  expect(await linkAs('nas.lan')).toBe(`https://nas.lan:${port}/.sealift/share/…/`);
});

test('all connections of one client are one use, whatever they fetch', async () => {
  const { link } = await owner.share({ pattern: '**', uses: 1 });
  const client = await connect(link);
  const dir = tempFolder();
  const files = (await allOf(client.list())).map(({ name }) => name);
  await Promise.all(files.map((name) => client.fetch(name, { dir })));
  client.close();
  await expect(connect(link)).rejects.toMatchObject({
    code: 'FORBIDDEN',
    message: expect.stringMatching(/used up/),
  });
});

test('a link shows no token, and a token in the address goes before the other', async () => {
  const hellos: Record<string, unknown>[] = [];
  const url = await maliciousServer(async (wire: Wire) => {
    hellos.push(await wire.header());
    wire.socket.end(frame({ ok: false, code: 'UNAUTHORIZED', message: 'no' }));
  });
  const { host } = new URL(url);
  for (const address of [
    `http://${host}/.sealift/share/abc/`,
    `http://me@${host}/.sealift/share/abc/`,
    `sealift://me@${host}`,
    url,
  ]) {
    await expect(connect(address, { token: TOKEN })).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
  }
  const session = expect.stringMatching(/^[\w-]{22}$/);
  expect(hellos).toEqual([
    { op: 'hello', share: 'abc', session },
    { op: 'hello', share: 'abc', session },
    { op: 'hello', token: 'me' },
    { op: 'hello', token: TOKEN },
  ]);
  expect(hellos[0]?.session).not.toBe(hellos[1]?.session);
});

const outward = Object.values(networkInterfaces())
  .flat()
  .find((address) => address?.family === 'IPv4' && !address.internal)?.address;

test.skipIf(outward === undefined)(
  'a token does not cross a network unencrypted, unless that is meant',
  async () => {
    const asked: unknown[] = [];
    const at = await localServer(tempFolder(), {
      host: outward as string,
      tokens: [TOKEN],
      onRequest: (record) => asked.push(record.op),
    });
    const refused = connect(at.url, { token: TOKEN });
    await expect(refused).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('--insecure'),
    });
    await expect(refused).rejects.toMatchObject({ message: expect.not.stringContaining(TOKEN) });
    expect(asked).toEqual([]);
    const client = await connect(at.url, { token: TOKEN, insecure: true });
    const { link } = await client.share({ pattern: '**' });
    client.close();
    // What a link opens its maker has chosen.
    (await connect(link)).close();
  },
);

const reply = (fields: object) => ({
  ok: true,
  link: '0123456789ab',
  capability: 'abc',
  pattern: 'a/**',
  expiresAt: null,
  uses: null,
  ...fields,
});

test.each([
  ['another pattern', reply({ pattern: '**' })],
  ['a capability that leads elsewhere', reply({ capability: '../../x' })],
  ['no capability', { ...reply({}), capability: undefined }],
  ['another id', reply({ link: 'x' })],
])('a server that shares %s is not believed', async (_, answer) => {
  const url = await maliciousServer(async (wire) => {
    await wire.header();
    wire.send(answer);
  });
  const client = await connect(url, { retries: 0 });
  await expect(client.share({ name: 'a' })).rejects.toMatchObject({ code: 'PROTOCOL' });
  client.close();
});

const line = (link: string) =>
  `${JSON.stringify({ link, pattern: 'a', createdAt: 1, expiresAt: null, uses: null, used: 0, revoked: false })}\n`;

test.each([
  ['out of order', [line('00000000000b'), line('00000000000a')].join(''), { count: 2, next: null }],
  ['that goes on from elsewhere', line('00000000000a'), { count: 1, next: '00000000000b' }],
  ['that goes on behind nothing', '', { count: 0, next: '00000000000b' }],
  ['of another length', line('00000000000a'), { count: 2, next: null }],
  ['cut in a line', line('00000000000a').trimEnd(), { count: 1, next: null }],
  ['of no links', '{"link":"x"}\n', { count: 1, next: null }],
])('a list of links %s is a protocol error', async (_, body, fields) => {
  const url = await maliciousServer(async (wire) => {
    await wire.header();
    wire.write(Buffer.concat([frame({ ok: true, length: body.length, ...fields }), Buffer.from(body)]));
  });
  const client = await connect(url, { retries: 0 });
  await expect(allOf(client.shares())).rejects.toMatchObject({ code: 'PROTOCOL' });
  client.close();
});

test('which address a link has', () => {
  const own = { host: '127.0.0.1', port: 9696, tls: true, fingerprint: 'ab'.repeat(32) };
  const linkAs = (text: string) => formatShareLink(addressAs(text, own), 'cap');
  const pin = `#sha256:${own.fingerprint}`;
  expect(formatShareLink(own, 'cap')).toBe(`https://127.0.0.1:9696/.sealift/share/cap/${pin}`);
  expect(linkAs('nas.lan')).toBe(`https://nas.lan:9696/.sealift/share/cap/${pin}`);
  expect(linkAs('nas.lan:443')).toBe(`https://nas.lan/.sealift/share/cap/${pin}`);
  expect(linkAs('fd00::2')).toBe(`https://[fd00::2]:9696/.sealift/share/cap/${pin}`);
  expect(linkAs('[fd00::2]:80')).toBe(`https://[fd00::2]:80/.sealift/share/cap/${pin}`);
  expect(linkAs('https://files.example')).toBe('https://files.example/.sealift/share/cap/');
  expect(linkAs('http://files.example:8080')).toBe('http://files.example:8080/.sealift/share/cap/');
  expect(parseServerLink(linkAs('nas.lan'))).toEqual({ address: { ...own, host: 'nas.lan' }, share: 'cap' });
});
