import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { truncateSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect as connectTcp, type Socket } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls, createServer, type TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { connect, type KnownServers, type RequestRecord, type ServeOptions, serve } from '#sealift/index.js';
import { type Issued, issue } from '../helpers/certificates.js';
import { sealift } from '../helpers/cli.js';
import { md5, putFile, putSparse, someBytes } from '../helpers/files.js';
import { tempFolder } from '../helpers/temp-folder.js';
import { untilThere } from '../helpers/until.js';
import { frame, getReply, maliciousServer, Wire } from '../helpers/wire.js';

const ends: (() => void)[] = [];
afterAll(() => {
  for (const end of ends) end();
});

const HERE = ['localhost', '127.0.0.1'];
const authority = issue('an authority');
const good = issue('good', { issuer: authority, names: HERE });
const alone = issue('alone', { names: HERE });
const other = issue('other', { names: HERE });
const BODY = someBytes(3_000_000, 80);

const storage = tempFolder((end) => ends.push(end));
putFile(storage, 'a.bin', BODY);
const authorityFile = join(storage, '.authority.pem');
writeFileSync(authorityFile, authority.cert);

async function served(tls: Issued, options: ServeOptions = {}, folder = storage) {
  const records: RequestRecord[] = [];
  const onRequest = (record: RequestRecord) => records.push(record);
  const server = await serve(folder, { port: 0, tls, onRequest, ...options });
  onTestFinished(() => {
    server.abort();
    return server.close();
  });
  return { ...server, port: server.port, records, place: `127.0.0.1:${server.port}` };
}

/** Somebody with this certificate who listens to what is said; a Sealift server, or somebody in between. */
async function listener({ cert, key }: Issued, serveIt: (socket: TLSSocket) => void = () => {}) {
  const heard: Buffer[] = [];
  const reused: boolean[] = [];
  const sockets = new Set<Socket>();
  const server = createServer({ cert, key }, (socket) => {
    reused.push(socket.isSessionReused());
    socket.on('data', (piece) => heard.push(piece)).on('error', () => {});
    serveIt(socket);
  });
  server.on('connection', (socket) => sockets.add(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { place: `127.0.0.1:${(server.address() as AddressInfo).port}`, heard, reused };
}

/** In memory, as somebody who uses the library may keep them. */
function knownServers(known: Record<string, string> = {}): KnownServers & { known: Record<string, string> } {
  return {
    known,
    place: 'a test',
    fingerprintOf: ({ host, port }) => known[`${host}:${port}`],
    remember: ({ host, port }, fingerprint) => {
      known[`${host}:${port}`] = fingerprint;
    },
  };
}

async function fetched(url: string, knownServers?: KnownServers): Promise<boolean> {
  const client = await connect(url, {
    retries: 0,
    timeout: 5_000,
    ...(knownServers ? { knownServers } : {}),
  });
  try {
    const dir = tempFolder();
    const { size, md5: digest } = await client.fetch('a.bin', { dir });
    return size === BODY.length && digest === md5(BODY);
  } finally {
    client.close();
  }
}

describe('case 80: nobody else is taken for the server', () => {
  test.each<[string, Issued, (keeper: KnownServers) => KnownServers | undefined, RegExp]>([
    ['of an authority that nobody knows', good, (keeper) => keeper, /nobody whom this system knows/],
    ['that vouches for itself, to who keeps no list', alone, () => undefined, /cannot be verified|itself/],
    ['that has expired', issue('old', { names: HERE, from: -9, to: -1 }), (keeper) => keeper, /has expired/],
    ['that is of tomorrow', issue('new', { names: HERE, from: 1 }), (keeper) => keeper, /not valid yet/],
  ])('a certificate %s', async (_, certificate, keep, says) => {
    const { place, heard } = await listener(certificate);
    const keeper = knownServers();
    await expect(connect(`sealifts://${place}`, knownOf(keep(keeper)))).rejects.toMatchObject({
      code: 'UNTRUSTED',
      message: expect.stringMatching(says),
    });
    expect({ heard, known: keeper.known }).toEqual({ heard: [], known: {} });
  });

  test('another certificate than the link says, whoever vouches for it, and whoever knows it', async () => {
    const { place, heard } = await listener(alone);
    const keeper = knownServers({ [place]: alone.fingerprint });
    const link = `sealifts://${place}#sha256:${other.fingerprint}`;
    await expect(connect(link, { knownServers: keeper })).rejects.toMatchObject({
      code: 'UNTRUSTED',
      message: expect.stringMatching(
        new RegExp(`NOT THE SERVER.*${alone.fingerprint}.*${other.fingerprint}`),
      ),
    });
    expect(heard).toEqual([]);
  });

  test('another certificate than before: both are told, and what to do; a bare address is not talked down to none', async () => {
    const { place, heard } = await listener(alone);
    const keeper = knownServers({ [place]: other.fingerprint });
    for (const url of [`sealifts://${place}`, place]) {
      await expect(connect(url, { knownServers: keeper })).rejects.toMatchObject({
        code: 'UNTRUSTED',
        message: expect.stringMatching(
          new RegExp(`HAS CHANGED.*${alone.fingerprint}.*${other.fingerprint}.*out of a test`),
        ),
      });
    }
    expect({ heard, known: keeper.known }).toEqual({ heard: [], known: { [place]: other.fingerprint } });
  });

  test('who is known by a certificate, and answers without TLS, is not spoken to', async () => {
    const heard: Buffer[] = [];
    const url = await maliciousServer((wire) => {
      wire.socket
        .on('data', (piece) => heard.push(piece))
        .once('data', () => wire.socket.end('x'.repeat(99)));
    });
    const place = url.replace('sealift://', '');
    const keeper = knownServers({ [place]: other.fingerprint });
    await expect(connect(place, { knownServers: keeper, timeout: 5_000 })).rejects.toMatchObject({
      code: 'NETWORK',
    });
    // A handshake, and no request.
    expect(Buffer.concat(heard)[0]).toBe(0x16);
    expect(Buffer.concat(heard).includes('op')).toBe(false);
  });

  test('met for the first time: remembered, and the same from then on, if the address says TLS or not', async () => {
    const { place, records } = await served(alone);
    const keeper = knownServers();
    expect(await fetched(`sealifts://${place}`, keeper)).toBe(true);
    expect(keeper.known).toEqual({ [place]: alone.fingerprint });
    expect(await fetched(place, keeper)).toBe(true);
    expect(records.filter(({ code }) => code !== 'OK')).toEqual([]);
  });

  test('the fingerprint of the link is all that counts: not who vouches for it, nor its dates', async () => {
    const old = issue('old', { issuer: authority, names: ['elsewhere'], from: -9, to: -1 });
    const { url, fingerprint } = await served(old);
    expect(fingerprint).toBe(old.fingerprint);
    expect(await fetched(url)).toBe(true);
  });

  test('no session is ever gone on with', async () => {
    const { place, reused } = await listener(alone, (socket) => {
      socket.once('data', () => socket.end(frame({ ok: false, code: 'NOT_FOUND', message: 'a.bin' })));
    });
    for (const _ of [1, 2, 3]) {
      await fetched(`sealifts://${place}#sha256:${alone.fingerprint}`).catch(() => {});
    }
    expect(reused.length).toBeGreaterThan(2);
    expect(reused).not.toContain(true);
  });

  test('an authority that the system knows: for its host, and in its time', async () => {
    const elsewhere = issue('elsewhere', { issuer: authority, names: ['example.org'] });
    const old = issue('old', { issuer: authority, names: HERE, from: -9, to: -1 });
    const env = { NODE_EXTRA_CA_CERTS: authorityFile, XDG_CONFIG_HOME: tempFolder() };
    const results = await Promise.all(
      [good, elsewhere, old].map(async (certificate) => {
        const { place } = await served(certificate);
        const { code, stdout, stderr } = await sealift(['list', '-s', `sealifts://${place}`, '--md5sum'], {
          env,
        });
        return [code, stdout.slice(0, 32), /certificate (is for another host|has expired)/.exec(stderr)?.[1]];
      }),
    );
    expect(results).toEqual([
      [0, md5(BODY), undefined],
      [6, '', 'is for another host'],
      [6, '', 'has expired'],
    ]);
  });
});

function knownOf(knownServers: KnownServers | undefined) {
  return { timeout: 5_000, ...(knownServers ? { knownServers } : {}) };
}

describe('case 81: a handshake that does not go on', () => {
  /** The beginning of a handshake, of which the rest never comes. */
  const BEGINNING = Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03]);

  test('the server gives it the time of a header, whatever drips in, and no more than its place', async () => {
    const limits = { headerTimeout: 300, maxConnections: 1 };
    const { port, place, records } = await served(alone, { limits });
    const wire = await Wire.to(port);
    wire.write(BEGINNING);
    const dripping = setInterval(() => wire.write('\0'), 20);
    onTestFinished(() => clearInterval(dripping));
    const second = await Wire.to(port);
    expect(await second.header()).toMatchObject({ ok: false, code: 'BUSY' });
    expect(await wire.wasReset()).toBe(true);
    expect(records).toMatchObject([{ op: '-', code: 'TIMEOUT' }]);
    await untilThere(() => (second.ending === null ? null : true));
    expect(await fetchedSoon(`sealifts://${place}#sha256:${alone.fingerprint}`)).toBe(true);
  });

  test('so it does who says nothing at all', async () => {
    const { port, records } = await served(alone, { limits: { headerTimeout: 100 } });
    const wire = await Wire.to(port);
    expect(await wire.wasReset()).toBe(true);
    expect(records).toMatchObject([{ op: '-', code: 'TIMEOUT' }]);
  });

  test('the client gives up as with any other silence', async () => {
    const url = await maliciousServer((wire) => wire.write(Buffer.from([0x16, 0x03, 0x03])));
    const link = `${url.replace('sealift', 'sealifts')}#sha256:${alone.fingerprint}`;
    await expect(connect(link, { timeout: 200, retries: 0 })).rejects.toMatchObject({ code: 'TIMEOUT' });
  });

  test('a server that is told to stop does not wait for it', async () => {
    const { port, close } = await served(alone, {
      limits: { headerTimeout: 600_000, drainTimeout: 600_000 },
    });
    const wire = await Wire.to(port);
    wire.write(BEGINNING);
    await (await Wire.to(port)).ask({ op: 'ping' });
    await close();
    expect(await wire.ended()).toBeTruthy();
  });
});

/** As soon as the place is free: the server may hear of its end a little later. */
async function fetchedSoon(url: string): Promise<boolean> {
  for (;;) {
    try {
      return await fetched(url);
    } catch {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

describe('case 82: the length decides, and not how the connection ends', () => {
  const ANSWER = Buffer.concat([frame(getReply('a.bin', BODY, md5(BODY))), BODY]);
  const NO_FILE = frame({ ok: false, code: 'NOT_FOUND', message: 'no manifest' });

  test.each<[string, number, (socket: TLSSocket) => void]>([
    ['a clean end of TLS', ANSWER.length - 1, (socket) => socket.end()],
    ['an end of TCP alone', ANSWER.length - 1, (socket) => beneath(socket).end()],
    ['a reset', ANSWER.length - 1, (socket) => beneath(socket).resetAndDestroy()],
  ])('one byte short, and %s: no file', async (_, count, end) => {
    const { place } = await listener(alone, (socket) => {
      socket.once('data', () => socket.write(ANSWER.subarray(0, count), () => end(socket)));
    });
    await expect(fetched(`sealifts://${place}#sha256:${alone.fingerprint}`)).rejects.toMatchObject({
      code: 'NETWORK',
    });
  });

  test('all of it, and an end of TCP alone: the file', async () => {
    let asked = 0;
    const { place } = await listener(alone, (socket) => {
      socket.once('data', () => {
        const answer = asked++ === 0 ? ANSWER : NO_FILE;
        socket.write(answer, () => beneath(socket).end());
      });
    });
    expect(await fetched(`sealifts://${place}#sha256:${alone.fingerprint}`)).toBe(true);
  });

  test('a fault in mid-body is no clean end, in frames and by HTTPS', async () => {
    const folder = tempFolder();
    putSparse(folder, 'huge.bin', 64 << 20);
    const { port } = await served(alone, {}, folder);
    const get = frame({ op: 'get', name: 'huge.bin' });
    const http = Buffer.from('GET /huge.bin HTTP/1.1\r\nHost: localhost\r\n\r\n');
    const wires = await Promise.all([get, http].map((request) => secureWire(port, request)));
    for (const wire of wires) {
      await wire.bytes(100_000);
      wire.socket.pause();
    }
    truncateSync(join(folder, 'huge.bin'), 40 << 20);
    for (const wire of wires) {
      wire.socket.resume();
      expect(await wire.ended()).toBe('ECONNRESET');
    }
  });
});

/** A client of its own, without any of Sealift's code. */
async function secureWire(port: number, request: Buffer, options = {}): Promise<Wire> {
  const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options });
  onTestFinished(() => void socket.destroy());
  const wire = new Wire(socket);
  await once(socket, 'secureConnect');
  wire.write(request);
  return wire;
}

function beneath(socket: TLSSocket): Socket {
  return (socket as unknown as { _parent: Socket })._parent;
}

describe('case 83: odd handshakes harm nobody', () => {
  test('names and protocols that nobody has heard of are passed over', async () => {
    const { port, place } = await served(alone);
    const label = 'x'.repeat(60);
    const odd = [
      { servername: [label, label, label, label].join('.') },
      { servername: '*.%00..' },
      { servername: 'xn--a' },
      { ALPNProtocols: ['h2', '\0', 'y'.repeat(255)] },
      { servername: 'localhost', ALPNProtocols: ['sealift'], maxVersion: 'TLSv1.2' },
    ];
    for (const options of odd) {
      const wire = await secureWire(port, frame({ op: 'ping', payload: 'x' }), options);
      expect(await wire.header()).toMatchObject({ ok: true, payload: 'x' });
      wire.socket.destroy();
    }
    expect(await fetched(`sealifts://${place}#sha256:${alone.fingerprint}`)).toBe(true);
  });

  test('what is no handshake behind its first byte, and what is too old, is ended and told of', async () => {
    const { port, place, records } = await served(alone, { limits: { headerTimeout: 500 } });
    const junk = Array.from({ length: 20 }, (_, seed) =>
      Buffer.concat([Buffer.from([0x16]), someBytes(1 + 40 * seed, seed + 1)]),
    );
    for (const bytes of junk) {
      const socket = connectTcp({ port, host: '127.0.0.1' });
      const closed = new Promise((resolve) => socket.once('close', resolve));
      socket.on('error', () => {}).resume();
      socket.end(bytes);
      await closed;
    }
    const old = connectTls({
      port,
      host: '127.0.0.1',
      rejectUnauthorized: false,
      maxVersion: 'TLSv1.1',
      minVersion: 'TLSv1',
      ciphers: 'DEFAULT:@SECLEVEL=0',
    });
    await new Promise((resolve) => old.once('error', resolve));
    expect(records.some(({ code, error }) => code === 'BAD_REQUEST' && /TLS: /.test(String(error)))).toBe(
      true,
    );
    expect(records.filter(({ code }) => code === 'INTERNAL')).toEqual([]);
    expect(await fetchedSoon(`sealifts://${place}#sha256:${alone.fingerprint}`)).toBe(true);
  });

  test('bytes changed on the way end that connection alone', async () => {
    const { port, place } = await served(alone);
    const wire = await secureWire(port, frame({ op: 'ping', payload: 'x' }));
    await wire.header();
    beneathClient(wire.socket as TLSSocket).write(Buffer.from([0x17, 3, 3, 0, 32, ...someBytes(32)]));
    expect(await wire.ended()).toBeTruthy();
    expect(await fetched(`sealifts://${place}#sha256:${alone.fingerprint}`)).toBe(true);
  });
});

/** Its handle's own parent writes past the encryption. */
function beneathClient(socket: TLSSocket): { write(bytes: Buffer): void } {
  const { _handle } = socket as unknown as {
    _handle: { _parent: { writeBuffer(request: object, bytes: Buffer): number } };
  };
  return { write: (bytes) => void _handle._parent.writeBuffer({ oncomplete: () => {} }, bytes) };
}

describe('by programs of others', () => {
  const has = (program: string) => spawnSync(program, ['version']).error === undefined;
  if (!has('openssl')) console.warn('SKIPPED: openssl is not installed');
  if (!has('curl')) console.warn('SKIPPED: curl is not installed');

  test.runIf(has('openssl')).each(['-tls1_2', '-tls1_3'])(
    'openssl s_client %s speaks frames',
    async (version) => {
      const { port } = await served(good);
      const args = [
        's_client',
        '-connect',
        `127.0.0.1:${port}`,
        '-CAfile',
        authorityFile,
        '-verify_return_error',
      ];
      const child = spawn('openssl', [...args, '-verify_ip', '127.0.0.1', '-quiet', version]);
      onTestFinished(() => void child.kill('SIGKILL'));
      const ping = frame({ op: 'ping', payload: version });
      child.stdin.write(ping);
      const [reply] = (await once(child.stdout, 'data')) as [Buffer];
      expect(reply).toEqual(frame({ ok: true, payload: version }));
    },
  );

  test.runIf(has('curl'))('curl --cacert gets the file by HTTPS', async () => {
    const { port } = await served(good);
    const args = ['-sS', '--cacert', authorityFile, `https://localhost:${port}/a.bin`];
    const { stdout } = await promisify(execFile)('curl', args, {
      encoding: 'buffer',
      maxBuffer: 2 * BODY.length,
    });
    expect(md5(stdout)).toBe(md5(BODY));
  });
});
