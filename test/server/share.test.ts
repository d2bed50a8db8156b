import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type SealiftServer, serve } from '#sealift/index.js';
import { signCapability } from '#sealift/server/access/capability.js';
import { AccessControl, type ShareLinks } from '#sealift/server/access/index.js';
import { LmdbIndex } from '#sealift/store/digest-index/lmdb-index.js';
import { type NewShare, ShareRecords } from '#sealift/store/shares/share-records.js';
import { PROGRAM } from '../helpers/cli.js';
import { putFile } from '../helpers/files.js';
import { localServer } from '../helpers/in-process.js';
import { openStore } from '../helpers/store.js';
import { tempFolder } from '../helpers/temp-folder.js';
import { Wire } from '../helpers/wire.js';

const TOKEN = 'a-token-of-some-length';
const FILES = {
  'a.txt': 'A',
  'b.txt': 'B',
  'reports/q1.csv': 'q1',
  'reports/q2.csv': 'q2',
  'reports2/x': 'x',
};

let folder: string;
let server: SealiftServer;
const ends: (() => void)[] = [];

beforeAll(async () => {
  folder = tempFolder((end) => void ends.push(end));
  for (const [name, content] of Object.entries(FILES)) putFile(folder, name, content);
  server = await serve(folder, { port: 0, tokens: [TOKEN] });
});

afterAll(async () => {
  server.abort();
  await server.close();
  for (const end of ends) end();
});

const OK = { ok: true };
const failure = (code: string, says: string | RegExp = '') => ({
  ok: false,
  code,
  message: expect.stringMatching(says),
});

/** A connection that has said hello, with what it was answered. */
async function hello(fields: object, { port } = server) {
  const wire = await Wire.to(port);
  return { wire, reply: await wire.ask({ op: 'hello', ...fields }) };
}

async function admin(): Promise<Wire> {
  return (await hello({ token: TOKEN })).wire;
}

async function shared(pattern: string, more: object = {}): Promise<{ link: string; capability: string }> {
  return (await (await admin()).ask({ op: 'share', pattern, ...more })) as never;
}

async function guest(capability: string, session?: string): Promise<Wire> {
  const { wire, reply } = await hello({ share: capability, ...(session ? { session } : {}) });
  expect(reply).toMatchObject(OK);
  return wire;
}

/** Another character in its place. */
function altered(capability: string): string {
  return (capability.startsWith('B') ? 'C' : 'B') + capability.slice(1);
}

const namesIn = (body: Buffer) =>
  body
    .toString()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line).name);

test('share tells what it made; hello offers it to whoever may', async () => {
  const { wire, reply } = await hello({ token: TOKEN });
  expect(reply.capabilities).toEqual(expect.arrayContaining(['share', 'shares', 'revoke', 'get']));
  const before = Date.now();
  const made = await wire.ask({ op: 'share', pattern: 'reports/**', expires: 60, uses: 5, id: 7 });
  expect(made).toEqual({
    ok: true,
    id: 7,
    link: expect.stringMatching(/^[0-9a-f]{12}$/),
    capability: expect.stringMatching(/^[\w-]{40,200}$/),
    pattern: 'reports/**',
    expiresAt: expect.any(Number),
    uses: 5,
  });
  expect(Number(made.expiresAt) - before).toBeGreaterThan(58_000);
  expect(Number(made.expiresAt) - before).toBeLessThan(62_000);
  expect(await wire.ask({ op: 'share', pattern: '**' })).toMatchObject({
    ok: true,
    expiresAt: null,
    uses: null,
  });
});

test.each([
  { pattern: 5 },
  {},
  { pattern: 'x'.repeat(1_025) },
  { pattern: '{a,b}'.repeat(7) },
  { pattern: 'a', expires: 0 },
  { pattern: 'a', expires: 315_360_001 },
  { pattern: 'a', uses: 0 },
  { pattern: 'a', uses: 1_001 },
  { pattern: 'a', uses: 1.5 },
])('what is wrong to share is BAD_REQUEST: %#', async (fields) => {
  expect(await (await admin()).ask({ op: 'share', ...fields })).toMatchObject(failure('BAD_REQUEST'));
});

describe('what a link opens', () => {
  test('names inside, by every op, and no others; those that are there and those that are not answer alike', async () => {
    const { capability } = await shared('reports/**');
    const wire = await guest(capability);
    const listed = await wire.askBody({ op: 'list' });
    expect(namesIn(listed.body)).toEqual(['reports/q1.csv', 'reports/q2.csv']);
    const got = await wire.askBody({ op: 'get', name: 'reports/q1.csv' });
    expect([got.header.ok, got.body.toString()]).toEqual([true, 'q1']);
    for (const op of ['stat', 'manifest']) {
      expect((await wire.askBody({ op, name: 'reports/q2.csv' })).header).toMatchObject(OK);
    }
    for (const op of ['get', 'stat', 'manifest']) {
      const answers = new Set<string>();
      for (const name of [
        'a.txt',
        'nothing',
        'reports',
        'reports/x',
        'reports2/x',
        '.sealift/index-v3.mdb',
      ]) {
        const answer = await wire.ask({ op, name, ...(op === 'get' ? { defer: true } : { fresh: true }) });
        answers.add(JSON.stringify(answer).replace(name, '…'));
      }
      expect([...answers]).toEqual(['{"ok":false,"code":"NOT_FOUND","message":"no such file: …"}']);
    }
    for (const pattern of ['a.txt', '*', 'reports2/**', '{a.txt,b.txt}', 'r*2/*']) {
      expect((await wire.askBody({ op: 'list', pattern })).body.toString(), pattern).toBe('');
    }
  });

  test('listings page by page', async () => {
    const wire = await guest((await shared('{a.txt,reports/**}')).capability);
    const first = await wire.askBody({ op: 'list', limit: 2 });
    expect([namesIn(first.body), first.header.next]).toEqual([['a.txt', 'reports/q1.csv'], 'reports/q1.csv']);
    const second = await wire.askBody({ op: 'list', limit: 2, after: 'reports/q1.csv' });
    expect([namesIn(second.body), second.header.next]).toEqual([['reports/q2.csv'], null]);
  });

  test('many gets in a row, outside and inside', async () => {
    const wire = await guest((await shared('reports/**')).capability);
    const names = ['reports/q1.csv', 'a.txt', 'reports/q2.csv', 'b.txt', 'reports/q1.csv', 'reports2/x'];
    for (let round = 0; round < 3; round++) {
      wire.send(...names.map((name) => ({ op: 'get', name })));
      const codes: unknown[] = [];
      for (const name of names) {
        const header = await wire.header();
        if (header.ok) expect((await wire.bytes(Number(header.length))).toString()).toBe(name.slice(8, 10));
        codes.push(header.code ?? header.name);
      }
      expect(codes).toEqual(names.map((name) => (name.startsWith('reports/') ? name : 'NOT_FOUND')));
    }
  });

  test('no links of its own, and no other ops', async () => {
    const { capability, link } = await shared('**');
    const { wire, reply } = await hello({ share: capability });
    for (const op of ['share', 'shares', 'revoke']) expect(reply.capabilities).not.toContain(op);
    for (const request of [{ op: 'share', pattern: 'a' }, { op: 'shares' }, { op: 'revoke', link }]) {
      expect(await wire.ask(request)).toMatchObject(failure('FORBIDDEN', /with a token/));
    }
    expect(await wire.ask({ op: 'exec', argv: ['ls'] })).toMatchObject({ ok: false });
    // A greeting without anything takes nothing away, and gives nothing.
    expect(await wire.ask({ op: 'hello' })).toMatchObject(OK);
    expect(await wire.ask({ op: 'shares' })).toMatchObject(failure('FORBIDDEN'));
  });

  test('a token that comes along counts for nothing', async () => {
    const { capability } = await shared('reports/**');
    const { wire, reply } = await hello({ share: capability, token: TOKEN });
    expect(reply).toMatchObject(OK);
    expect(await wire.ask({ op: 'stat', name: 'a.txt' })).toMatchObject(failure('NOT_FOUND'));
  });
});

describe('what is no link of this server', () => {
  test('is UNAUTHORIZED, closes, and costs nothing', async () => {
    const { capability } = await shared('**');
    for (const share of [
      '',
      'x',
      altered(capability),
      capability.slice(0, -1),
      `${capability}A`,
      '\u0000',
      'é'.repeat(60),
    ]) {
      const { wire, reply } = await hello({ share });
      expect(reply, share).toMatchObject(failure('UNAUTHORIZED', /not one of this server/));
      expect(await wire.ended()).toBe('end');
    }
    expect((await hello({ token: TOKEN })).reply).toMatchObject(OK);
    expect((await hello({ share: 'x'.repeat(2_049) })).reply).toMatchObject(failure('BAD_REQUEST'));
    expect((await hello({ share: capability, session: 'x'.repeat(129) })).reply).toMatchObject(
      failure('BAD_REQUEST'),
    );
  });

  test('nor is one of another server, or of an index that was lost', async () => {
    const other = await localServer(tempFolder(), { tokens: [TOKEN] });
    const { wire } = await hello({ token: TOKEN }, other);
    const { capability } = await wire.ask({ op: 'share', pattern: '**' });
    expect((await hello({ share: capability })).reply).toMatchObject(failure('UNAUTHORIZED'));
  });

  test('one that is signed and not known opens nothing', async () => {
    const store = await openStore(folder);
    const access = new AccessControl(store, [TOKEN], { wrongTokenDelay: 1, wrongTokenDelayMax: 1 });
    const { key } = store.shares.add({ pattern: '**', expiresAt: null, uses: null }, Date.now());
    const share = signCapability({ id: '0123456789ab', pattern: '**', expiresAt: null, uses: null }, key);
    await expect(access.authorize({ share }, { address: '192.0.2.1' })).rejects.toMatchObject({
      code: 'FORBIDDEN',
    });
  });
});

describe('links end', () => {
  test('revoked: at the next request of every connection, and for new ones', async () => {
    const { capability, link } = await shared('reports/**');
    const open = await guest(capability);
    expect((await open.askBody({ op: 'get', name: 'reports/q1.csv' })).header).toMatchObject(OK);
    const wire = await admin();
    expect(await wire.ask({ op: 'revoke', link })).toEqual(OK);
    open.send({ op: 'get', name: 'reports/q1.csv' }, { op: 'get', name: 'reports/q2.csv' });
    for (let reply = 0; reply < 2; reply++) {
      expect(await open.header()).toMatchObject(failure('FORBIDDEN', /revoked/));
    }
    for (const request of [{ op: 'list' }, { op: 'ping' }, { op: 'hello' }, { op: 'nothing' }]) {
      expect(await open.ask(request)).toMatchObject(failure('FORBIDDEN', /revoked/));
    }
    expect((await hello({ share: capability })).reply).toMatchObject(failure('FORBIDDEN', /revoked/));
    expect(await wire.ask({ op: 'revoke', link })).toEqual(OK);
    expect(await wire.ask({ op: 'revoke', link: '0123456789ab' })).toMatchObject(failure('NOT_FOUND'));
    expect(await wire.ask({ op: 'revoke', link: '../x' })).toMatchObject(failure('BAD_REQUEST'));
  });

  test('expired, by the clock of the server: for new connections and for those that are open', async () => {
    const store = await openStore(folder);
    let now = 1_000_000_000_000;
    const access = new AccessControl(
      store,
      [TOKEN],
      { wrongTokenDelay: 1, wrongTokenDelayMax: 1 },
      () => now,
    );
    const { links } = await access.authorize({ token: TOKEN }, { address: '192.0.2.1' });
    const { capability: share, record } = (links as ShareLinks).make({ pattern: '**', seconds: 60 });
    expect(record).toMatchObject({ expiresAt: now + 60_000 });
    const enter = () => access.authorize({ share }, { address: '192.0.2.1' });
    const grant = await enter();
    expect(grant).toMatchObject({ kind: 'share', expires: now + 60_000 });
    now += 59_999;
    grant.ensureValid();
    await (await enter()).use();
    now += 1;
    const expired = expect.objectContaining({ code: 'FORBIDDEN', message: expect.stringMatching(/expired/) });
    await expect(enter()).rejects.toEqual(expired);
    await expect(grant.use()).rejects.toEqual(expired);
    expect(() => grant.ensureValid()).toThrow(/expired/);
    expect(grant.store.smallFiles?.()).toBeNull();
  });

  test('expired: a hello that is refused leaves nothing open', async () => {
    const { wire, reply } = await hello({ share: await signedBeside({ expiresAt: 1_000 }) });
    expect(reply).toMatchObject(failure('FORBIDDEN', /expired/));
    expect(await wire.ask({ op: 'stat', name: 'a.txt' })).toMatchObject(failure('UNAUTHORIZED'));
    expect(await wire.ended()).toBe('end');
  });

  test('used up: a session counts once, with its first get and on all of its connections', async () => {
    const { capability, link } = await shared('reports/**', { uses: 2 });
    const get = { op: 'get', name: 'reports/q1.csv' };
    const looker = await guest(capability, 'looker');
    for (const op of ['list', 'stat', 'manifest']) await looker.askBody({ op, name: 'reports/q1.csv' });
    for (const session of ['one', 'one', 'two', 'one']) {
      const wire = await guest(capability, session);
      for (let times = 0; times < 3; times++) expect((await wire.askBody(get)).header).toMatchObject(OK);
    }
    expect(await looker.ask(get)).toMatchObject(failure('FORBIDDEN', /used up: it was good for 2 uses/));
    for (const session of ['looker', 'three', undefined]) {
      const { reply } = await hello({ share: capability, session });
      expect(reply).toMatchObject(failure('FORBIDDEN', /used up/));
    }
    const { body } = await (await admin()).askBody({ op: 'shares' });
    const lines = body
      .toString()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.find((line) => line.link === link)).toMatchObject({ uses: 2, used: 2, revoked: false });
  });

  test('without a session each connection counts by itself, and only by what is sent', async () => {
    const { capability } = await shared('a.txt', { uses: 1 });
    const [one, other] = [await guest(capability), await guest(capability)];
    expect(await other.ask({ op: 'get', name: 'b.txt' })).toMatchObject(failure('NOT_FOUND'));
    const behind = { op: 'get', name: 'a.txt', offset: 2 };
    expect(await other.ask(behind)).toMatchObject(failure('RANGE'));
    expect(await other.ask({ op: 'get', name: 'a.txt', ifMd5: '0'.repeat(32) })).toMatchObject(
      failure('CHANGED'),
    );
    expect((await one.askBody({ op: 'get', name: 'a.txt' })).header).toMatchObject(OK);
    expect(await other.ask({ op: 'get', name: 'a.txt' })).toMatchObject(failure('FORBIDDEN', /used up/));
    expect((await one.askBody({ op: 'get', name: 'a.txt' })).header).toMatchObject(OK);
  });

  test('uses are counted one by one, however many come at once, to two servers on one storage', async () => {
    const other = await localServer(folder, { tokens: [TOKEN] });
    const { capability } = await shared('a.txt', { uses: 3 });
    const codes = await Promise.all(
      Array.from({ length: 12 }, async (_, at) => {
        const { wire, reply } = await hello(
          { share: capability, session: `s${at}` },
          at % 2 ? server : other,
        );
        if (!reply.ok) return reply.code;
        return (await wire.askBody({ op: 'get', name: 'a.txt' })).header.code ?? 'OK';
      }),
    );
    expect(codes.filter((code) => code === 'OK').length).toBe(3);
    expect(codes.filter((code) => code === 'FORBIDDEN').length).toBe(9);
  });
});

test('shares lists all links by id, page by page, without what opens them', async () => {
  const wire = await admin();
  const made = await shared('a.txt', { expires: 100, uses: 4 });
  const seen: Record<string, unknown>[] = [];
  for (let after: unknown; ; ) {
    const { header, body } = await wire.askBody({ op: 'shares', limit: 2, ...(after ? { after } : {}) });
    expect(body.toString()).not.toContain(made.capability);
    const lines = body
      .toString()
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
    expect(lines.length).toBe(header.count);
    seen.push(...lines);
    if (header.next === null) break;
    expect(header.next).toBe(lines.at(-1).link);
    after = header.next;
  }
  const ids = seen.map(({ link }) => String(link));
  expect(ids).toEqual([...new Set(ids)].sort());
  expect(seen.find(({ link }) => link === made.link)).toEqual({
    link: made.link,
    pattern: 'a.txt',
    createdAt: expect.any(Number),
    expiresAt: expect.any(Number),
    uses: 4,
    used: 0,
    revoked: false,
  });
});

test('an open server makes no links, and honours those that there are', async () => {
  const { capability } = await shared('reports/**');
  const open = await localServer(folder);
  const { wire } = await hello({}, open);
  expect(await wire.ask({ op: 'share', pattern: 'a' })).toMatchObject(
    failure('FORBIDDEN', /a server with a token/),
  );
  expect(await wire.ask({ op: 'stat', name: 'a.txt' })).toMatchObject(OK);
  const { wire: linked, reply } = await hello({ share: capability }, open);
  expect(reply).toMatchObject(OK);
  expect(await linked.ask({ op: 'stat', name: 'a.txt' })).toMatchObject(failure('NOT_FOUND'));
  expect(await linked.ask({ op: 'stat', name: 'reports/q1.csv' })).toMatchObject(OK);
  expect((await hello({ share: altered(capability) }, open)).reply).toMatchObject(failure('UNAUTHORIZED'));
});

/** A capability that another server on the same storage has made. */
async function signedBeside(share: Partial<NewShare>, storage = folder): Promise<string> {
  const index = new LmdbIndex(join(storage, '.sealift'), 'storage');
  const { record, key } = new ShareRecords(index.side).add(
    { pattern: '**', expiresAt: null, uses: null, ...share },
    Date.now(),
  );
  await index.close();
  return signCapability(record, key);
}

test('a full disk: links that need nothing written go on, those that count refuse, no more are made, and nothing hangs', async () => {
  const storage = tempFolder();
  const names = Array.from({ length: 1_200 }, (_, at) => `some-folder/${String(at).padStart(4, '0')}`);
  for (const name of names) putFile(storage, name, name);
  mkdirSync(join(storage, '.sealift'));
  const endless = await signedBeside({}, storage);
  const counted = await signedBeside({ uses: 1 }, storage);
  // A limit on the size of files stands for the disk that is full.
  const command = `trap '' XFSZ; ulimit -f 100; exec "$0" "$@"`;
  const args = [PROGRAM, 'serve', storage, '--port', '0', '--json', '--log', 'off'];
  const child = spawn('sh', ['-c', command, process.execPath, ...args], {
    env: { ...process.env, SEALIFT_TOKEN: TOKEN },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  const full = JSON.parse(line);
  const { wire } = await hello({ token: TOKEN }, full);
  expect((await wire.askBody({ op: 'list' })).header).toMatchObject({ count: 1_000 });
  expect(await wire.ask({ op: 'share', pattern: 'a' })).toMatchObject(
    failure('INTERNAL', /cannot write its index/),
  );
  const { wire: linked } = await hello({ share: endless }, full);
  expect((await linked.askBody({ op: 'get', name: names[5] })).body.toString()).toBe(names[5]);
  const { wire: limited } = await hello({ share: counted }, full);
  expect(await limited.ask({ op: 'get', name: names[5] })).toMatchObject(failure('INTERNAL'));
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  expect(await exited).toEqual([0, null]);
});
