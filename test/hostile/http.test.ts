import { once } from 'node:events';
import { symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { type ServerProcess, startServer } from '../helpers/cli.js';
import { md5, putFile, putSparse, someBytes } from '../helpers/files.js';
import { residentBytes } from '../helpers/memory.js';
import { answersOf, rawHttp, request } from '../helpers/raw-http.js';
import { tempFolder } from '../helpers/temp-folder.js';
import { untilThere } from '../helpers/until.js';
import { frame, Wire } from '../helpers/wire.js';

const MIB = 1 << 20;
const GROWTH_MAX = 96 * MIB;
const HELLO = 'hello';
const BIG = someBytes(300_000, 4);
/** More than kernels take for a peer that reads nothing. */
const HUGE = 64 * MIB;
const SHORT = ['--header-timeout', '300ms', '--idle-timeout', '400ms', '--body-timeout', '500ms'];

interface Victim extends ServerProcess {
  storage: string;
  /** Honest clients of both protocols are served, nothing has crashed, and the memory is bounded. */
  isFine(): Promise<void>;
}

/** A server of the test's own: for what looks into its log or changes its storage. */
async function startVictim(...args: string[]): Promise<Victim> {
  return victimOf(args, onTestFinished);
}

const shared = new Map<string, Promise<Victim>>();
const ends: (() => void)[] = [];
afterAll(() => {
  for (const end of ends) end();
});

/** The one server of these options that tests have one after the other: all that they do to it adds up. */
function sharedVictim(...args: string[]): Promise<Victim> {
  const key = args.join(' ');
  const victim = shared.get(key) ?? victimOf(args, (end) => ends.push(end));
  shared.set(key, victim);
  return victim;
}

async function victimOf(args: string[], onEnd: (end: () => void) => void): Promise<Victim> {
  const storage = tempFolder(onEnd);
  putFile(storage, 'hello.txt', HELLO);
  putFile(storage, 'sub/big.bin', BIG);
  const server = await startServer(storage, args, { onEnd });
  const isServed = async () => {
    const response = await fetch(`http://127.0.0.1:${server.port}/sub/big.bin`);
    expect(Buffer.from(await response.arrayBuffer()).equals(BIG)).toBe(true);
    const wire = await Wire.to(server.port);
    expect(await wire.ask({ op: 'stat', name: 'sub/big.bin' })).toMatchObject({ ok: true, md5: md5(BIG) });
    wire.socket.destroy();
  };
  await isServed();
  const before = residentBytes(server.child.pid);
  const isFine = async () => {
    await isServed();
    expect(residentBytes(server.child.pid) - before).toBeLessThan(GROWTH_MAX);
    expect(server.log()).not.toMatch(/bug in Sealift|INTERNAL/);
  };
  return { ...server, storage, isFine };
}

const GET = request('/hello.txt');
/** The request that must not be seen: a file of its own, so that its answer would show. */
const SMUGGLED = request('/sub/big.bin', ['Range: bytes=0-0']);
/** Fields behind which somebody on the way may see another end of the request than Sealift does. */
const FRAMINGS: [string, string[], string][] = [
  ['CL and TE', ['Content-Length: 5', 'Transfer-Encoding: chunked'], '0\r\n\r\n'],
  ['TE and CL', ['Transfer-Encoding: chunked', 'Content-Length: 5'], '0\r\n\r\n'],
  ['two lengths', ['Content-Length: 0', 'Content-Length: 60'], ''],
  ['the same length twice', ['Content-Length: 3', 'Content-Length: 3'], 'abc'],
  ['a list of lengths', ['Content-Length: 3, 3'], 'abc'],
  ['a length with a sign', ['Content-Length: +3'], 'abc'],
  ['a negative length', ['Content-Length: -1'], ''],
  ['a hexadecimal length', ['Content-Length: 0x3'], 'abc'],
  ['a length beyond all integers', ['Content-Length: 99999999999999999999999'], ''],
  ['an empty length', ['Content-Length: '], ''],
  ['a folded line', ['X: a', ' Content-Length: 5'], ''],
  ['a folded Transfer-Encoding', ['Transfer-Encoding:', ' chunked'], '0\r\n\r\n'],
  ['a line that ends in LF', ['X: y\nContent-Length: 5'], ''],
  ['a CR inside of a line', ['X: y\rContent-Length: 5'], ''],
  ['a space before the colon', ['Content-Length : 5'], ''],
  ['a line that begins with a space', [' Content-Length: 5'], ''],
  ['a NUL in a name', ['Content-Length\0: 5'], ''],
  ['a NUL in a value', ['X: a\0b'], ''],
  ['an unknown coding', ['Transfer-Encoding: xchunked'], ''],
  ['no coding', ['Transfer-Encoding: identity'], ''],
  ['chunked, but not last', ['Transfer-Encoding: chunked, identity'], '0\r\n\r\n'],
  ['chunked twice', ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'], '0\r\n\r\n'],
  ['chunked behind a vertical tab', ['Transfer-Encoding: \x0bchunked'], '0\r\n\r\n'],
  ['two hosts', ['Host: evil.example'], ''],
];

describe('case 89: where a request ends is the same for everybody', () => {
  test('case 89: whatever could be read in two ways is 400, and nothing behind it is answered', async () => {
    const victim = await sharedVictim();
    for (const [what, fields, body] of FRAMINGS) {
      for (const method of ['GET', 'PROPFIND', 'POST']) {
        const answer = await rawHttp(
          victim.port,
          request('/hello.txt', fields, method) + body + SMUGGLED + SMUGGLED,
        );
        expect(answer, `${method} ${what}`).toMatchObject({ statuses: [400], ending: 'end' });
      }
    }
    const ofOld =
      'GET /hello.txt HTTP/1.0\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n0\r\n\r\n';
    expect((await rawHttp(victim.port, ofOld + SMUGGLED)).statuses).toEqual([400]);
    const bareLines = GET.replaceAll('\r\n', '\n') + SMUGGLED;
    expect((await rawHttp(victim.port, bareLines)).statuses).toEqual([400]);
    await victim.isFine();
  });

  test('case 89: behind a body that nobody reads no request is found', async () => {
    const victim = await sharedVictim();
    const chunks = [
      '3\r\nabc\r\n0\r\n\r\n',
      '0x3\r\nabc\r\n0\r\n\r\n',
      '-3\r\n',
      '3\nabc\n0\n\n',
      'ffffffffffffffffff\r\n',
    ];
    for (const [fields, body] of [
      [['Content-Length: 3'], 'abc'],
      [[`Content-Length: ${SMUGGLED.length}`], SMUGGLED],
      ...chunks.map((chunk) => [['Transfer-Encoding: chunked'], chunk]),
    ] as [string[], string][]) {
      const answer = await rawHttp(victim.port, request('/hello.txt', fields) + body + SMUGGLED);
      expect(answer.statuses, body).toEqual([200]);
      expect(answer.text).toMatch(/^Connection: close\r$/m);
    }
    await victim.isFine();
  });

  test('case 89: behind a PROPFIND whose body is read to its end the next request is answered, behind a broken one none', async () => {
    const victim = await sharedVictim(...SHORT);
    const propfind = (fields: string[], body: string) =>
      rawHttp(victim.port, request('/', ['Depth: 0', ...fields], 'PROPFIND') + body + SMUGGLED);
    const chunked = ['Transfer-Encoding: chunked'];
    expect((await propfind(chunked, '0\r\n\r\n')).statuses).toEqual([207, 206]);
    for (const body of [
      'zz\r\nabc',
      '0x0\r\n\r\n',
      `0;${'a'.repeat(20_000)}`,
      `0\r\n${'a: b\r\n'.repeat(10_000)}\r\n`,
    ]) {
      const { statuses, ending } = await propfind(chunked, body);
      expect([statuses, ending], body.slice(0, 10)).toEqual([[400], 'end']);
    }
    // Also when the rest comes while it is waited for.
    const first = request('/', ['Depth: 0', ...chunked], 'PROPFIND');
    const wire = await Wire.to(victim.port);
    wire.write(`${first}1\r\n`);
    await new Promise((resolve) => setImmediate(resolve));
    wire.write(`abc\r\n${SMUGGLED}`);
    expect((await answersOf(wire)).statuses).toEqual([400]);
    await victim.isFine();
  });
});

describe('what is no request of HTTP/1.1', () => {
  test('versions, hosts, methods and targets', async () => {
    const victim = await sharedVictim(...SHORT);
    const last = ['Connection: close'];
    const cases: [string, string, number[]][] = [
      ['HTTP/1.0', 'GET /hello.txt HTTP/1.0\r\n\r\n', [200]],
      ['HTTP/1.2', 'GET /hello.txt HTTP/1.2\r\nHost: localhost\r\n\r\n', [400]],
      ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0', [400]],
      ['HTTP/0.9', 'GET /hello.txt\r\n', [408]],
      ['no host', 'GET /hello.txt HTTP/1.1\r\n\r\n', [400]],
      ['an empty host', 'GET /hello.txt HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n', [403]],
      ['an unknown method', request('/', last, 'BREW'), [400]],
      ['TRACE', request('/', last, 'TRACE'), [405]],
      ['CONNECT', request('localhost:80', [], 'CONNECT') + SMUGGLED, [405]],
      ['CONNECT behind another', GET + request('localhost:80', [], 'CONNECT'), [200, 405]],
      ['an upgrade to HTTP/2', request('/hello.txt', ['Upgrade: h2c', 'Connection: Upgrade, close']), [200]],
      [
        'an upgrade to WebSocket',
        request('/hello.txt', ['Upgrade: websocket', 'Connection: Upgrade, close']),
        [200],
      ],
      ['OPTIONS of the server', request('*', last, 'OPTIONS'), [200]],
      ['GET of the server', request('*', last), [400]],
      ['a whole address', request('http://localhost/hello.txt', last), [200]],
      ['a whole address of another', request('http://evil.example/hello.txt', last), [403]],
      ['a whole address of another kind', request('ftp://localhost/hello.txt', last), [400]],
      ['a path without a slash', request('hello.txt', last), [400]],
      ['an expectation', request('/hello.txt', ['Expect: 100-continue', 'Content-Length: 3']), [200]],
      ['LOCK', request('/hello.txt', last, 'LOCK'), [405]],
    ];
    for (const [what, bytes, statuses] of cases) {
      expect(await rawHttp(victim.port, bytes), what).toMatchObject({ statuses, ending: 'end' });
    }
    await victim.isFine();
  });

  test('a PROPFIND that asks first is told to go on', async () => {
    const victim = await sharedVictim();
    const wire = await Wire.to(victim.port);
    const body = '<propfind xmlns="DAV:"><prop><getetag/></prop></propfind>';
    const fields = [
      'Depth: 0',
      'Expect: 100-continue',
      `Content-Length: ${body.length}`,
      'Connection: close',
    ];
    wire.write(request('/hello.txt', fields, 'PROPFIND'));
    await wire.bytes('HTTP/1.1 100 Continue\r\n\r\n'.length);
    wire.write(body);
    expect((await answersOf(wire)).statuses).toEqual([207]);
  });

  test('HTTP after frames and frames after HTTP', async () => {
    const victim = await sharedVictim();
    expect((await rawHttp(victim.port, GET, frame({ op: 'ping' }), GET)).statuses).toEqual([200, 400]);
    const frames = await rawHttp(victim.port, frame({ op: 'ping' }), GET);
    expect(frames.statuses).toEqual([]);
    expect(frames.text).toContain('"code":"BAD_REQUEST"');
    await victim.isFine();
  });
});

describe('floods', () => {
  test('headers: many, large, in one piece or many', async () => {
    const victim = await sharedVictim(...SHORT);
    const start = GET.slice(0, -2);
    const many = (count: number) => 'a:\r\n'.repeat(count);
    expect((await rawHttp(victim.port, `${start}${many(2_500)}Connection: close\r\n\r\n`)).statuses).toEqual([
      200,
    ]);
    expect((await rawHttp(victim.port, start + many(50_000))).statuses).toEqual([431]);
    expect((await rawHttp(victim.port, `${start}X: ${'y'.repeat(10 * MIB)}`)).statuses).toEqual([431]);
    expect((await rawHttp(victim.port, request(`/${'a'.repeat(20_000)}`))).statuses).toEqual([431]);
    const pieces = Array.from({ length: 3_000 }, () => 'abcde: f\r\n');
    expect((await rawHttp(victim.port, start, ...pieces)).statuses).toEqual([431]);
    // None is dropped in silence, wherever it stands: the last one decides here.
    const origin = `${start}${many(2_500)}Origin: http://evil.example\r\nConnection: close\r\n\r\n`;
    expect((await rawHttp(victim.port, origin)).statuses).toEqual([403]);
    await victim.isFine();
  });

  test('a hundred requests without end at once', async () => {
    const victim = await sharedVictim(...SHORT);
    const half = GET.slice(0, -2) + 'a: b\r\n'.repeat(2_000);
    const answers = await Promise.all(Array.from({ length: 100 }, () => rawHttp(victim.port, half)));
    for (const { statuses } of answers) expect(statuses).toEqual([408]);
    await victim.isFine();
  });

  test('requests in one segment: 64 wait and are answered; the one too many is refused, and none behind it is', async () => {
    const victim = await sharedVictim();
    const some = request('/hello.txt', ['Connection: close']);
    const taken = await rawHttp(victim.port, GET.repeat(63) + some + SMUGGLED);
    expect(taken.statuses).toEqual(Array(64).fill(200));
    const { statuses, text, ending } = await rawHttp(victim.port, GET.repeat(1_000));
    expect(statuses).toEqual([...Array(64).fill(200), 503]);
    expect(text).toMatch(/"code":"BUSY"/);
    expect(ending).toBe('end');
    await victim.isFine();
  });

  test('requests without end whose answers nobody reads', async () => {
    const victim = await startVictim(...SHORT);
    putSparse(victim.storage, 'huge.bin', HUGE);
    const wire = await Wire.to(victim.port);
    wire.socket.pause();
    const flood = Buffer.from(request('/huge.bin').repeat(1_000));
    for (let nth = 0; nth < 200; nth++) wire.write(flood);
    // Ended for what it does not take, whatever it sends.
    await untilThere(() => (/TIMEOUT|too slowly/.test(victim.log()) ? true : null));
    await victim.isFine();
  });

  test('answers without end to a client that is gone in the middle of each', async () => {
    const victim = await startVictim();
    putSparse(victim.storage, 'huge.bin', HUGE);
    await (await fetch(`http://127.0.0.1:${victim.port}/huge.bin`, { method: 'HEAD' })).text();
    await Promise.all(
      Array.from({ length: 50 }, async () => {
        const wire = await Wire.to(victim.port);
        wire.write(request('/huge.bin').repeat(3));
        await wire.bytes(1_000);
        wire.socket.resetAndDestroy();
      }),
    );
    await victim.isFine();
  });
});

describe('slow and idle clients meet the deadlines of the wire protocol', () => {
  test('a byte of a header at a time', async () => {
    const victim = await sharedVictim(...SHORT);
    const wire = await Wire.to(victim.port);
    const bytes = [...GET.slice(0, -2), ...'X: y\r\n'.repeat(1_000)];
    const timer = setInterval(() => wire.write(bytes.shift() ?? 'x'), 10);
    const { statuses } = await answersOf(wire).finally(() => clearInterval(timer));
    expect(statuses).toEqual([408]);
    await victim.isFine();
  });

  test.each([
    ['nothing', ''],
    ['line breaks', '\r\n'],
  ])('a connection that sends %s between requests', async (_what, drip) => {
    const victim = await sharedVictim(...SHORT);
    const wire = await Wire.to(victim.port);
    wire.write(GET);
    const timer = setInterval(() => wire.write(drip), 20);
    const { statuses } = await answersOf(wire).finally(() => clearInterval(timer));
    expect(statuses[0]).toBe(200);
    await victim.isFine();
  });

  test('a body that comes a byte at a time, or not at all', async () => {
    const victim = await sharedVictim(...SHORT);
    const wire = await Wire.to(victim.port);
    wire.write(request('/', ['Depth: 0', 'Content-Length: 10000'], 'PROPFIND'));
    const timer = setInterval(() => wire.write('x'), 10);
    expect((await answersOf(wire).finally(() => clearInterval(timer))).statuses).toEqual([408]);
    expect((await rawHttp(victim.port, request('/', ['Content-Length: 5'], 'PROPFIND'))).statuses).toEqual([
      408,
    ]);
    await victim.isFine();
  });

  test('a body that is not taken is reset, and short', async () => {
    const victim = await startVictim(...SHORT);
    putSparse(victim.storage, 'huge.bin', HUGE);
    const wire = await Wire.to(victim.port);
    wire.socket.pause();
    wire.write(request('/huge.bin'));
    await untilThere(() => (/TIMEOUT/.test(victim.log()) ? true : null));
    expect(wire.unread).toBeLessThan(HUGE);
    await victim.isFine();
  });

  test('a small answer that is not taken, behind many that fill the way', async () => {
    const victim = await startVictim(...SHORT);
    putFile(victim.storage, 'list/x', '');
    for (let nth = 0; nth < 1_000; nth++)
      writeFileSync(join(victim.storage, 'list', `${'n'.repeat(200)}${nth}`), '');
    const wire = await Wire.to(victim.port);
    wire.socket.pause();
    const json = request('/list/', ['Accept: application/json']);
    wire.write(json.repeat(60));
    await untilThere(() => (/TIMEOUT|too slowly/.test(victim.log()) ? true : null));
    await victim.isFine();
  });

  test('a client that closes its half gets its answers, and then the end', async () => {
    const victim = await sharedVictim();
    const wire = await Wire.to(victim.port);
    wire.socket.end(GET + request('/sub/big.bin'));
    const { statuses, text, ending } = await answersOf(wire);
    expect(statuses).toEqual([200, 200]);
    expect(text.endsWith(BIG.toString('latin1'))).toBe(true);
    expect(ending).toBe('end');
    const cut = await Wire.to(victim.port);
    cut.socket.end(GET.slice(0, 30));
    expect((await answersOf(cut)).statuses).toEqual([400]);
    await victim.isFine();
  });
});

describe('case 18: names that are written in other ways', () => {
  test('case 18: percent signs lead to no other file, and hidden ones and what is outside stay so', async () => {
    const victim = await startVictim();
    const outside = tempFolder();
    putFile(outside, 'secret.txt', 'outside');
    putFile(victim.storage, '.hidden/secret.txt', 'hidden');
    symlinkSync(outside, join(victim.storage, 'link'));
    symlinkSync(join(outside, 'secret.txt'), join(victim.storage, 'link.txt'));
    const base = outside.split('/').at(-1);
    for (const [path, status] of [
      ['/hello%2etxt', 200],
      ['/%68ello.txt', 200],
      ['/hello.txt%00', 404],
      ['/hello.txt%00.png', 404],
      ['/%2e%2e/', 404],
      ['/%2e%2e/%2e%2e/etc/passwd', 404],
      ['/../../etc/passwd', 404],
      [`/sub/../../${base}/secret.txt`, 404],
      [`/..%2f${base}%2fsecret.txt`, 404],
      ['/sub%2fbig.bin', 404],
      ['/sub/%2e/big.bin', 404],
      ['/sub//big.bin', 404],
      ['//hello.txt', 404],
      ['//', 404],
      ['/%5c..%5chello.txt', 404],
      ['/sub%5cbig.bin', 404],
      ['/sub\\big.bin', 404],
      ['/%252e%252e/hello.txt', 404],
      ['/hello%252etxt', 404],
      ['/%c0%ae%c0%ae/hello.txt', 400],
      ['/%c0%af', 400],
      ['/%ff', 400],
      ['/%', 400],
      ['/%zz', 400],
      ['/%u0068ello.txt', 400],
      ['/hello.txt/', 404],
      ['/hello.txt/.', 404],
      ['/.hidden/', 404],
      ['/.hidden/secret.txt', 404],
      ['/%2ehidden/secret.txt', 404],
      ['/.sealift/', 404],
      ['/link/', 404],
      ['/link/secret.txt', 404],
      ['/link.txt', 404],
      ['/.hidden/MD5SUMS', 404],
      ['/link/MD5SUMS', 404],
      ['/link.txt.meta4', 404],
      [`/${'a/'.repeat(2_000)}`, 404],
    ] as [string, number][]) {
      for (const method of ['GET', 'HEAD', 'PROPFIND']) {
        const { statuses, text } = await rawHttp(
          victim.port,
          request(path, ['Depth: 0', 'Connection: close'], method),
        );
        // What is made of files is none, and has no properties.
        expect(statuses, `${method} ${path}`).toEqual([
          method === 'PROPFIND' && status === 200 ? 207 : status,
        ]);
        expect(text).not.toMatch(/outside\b|hidden$|root:/);
      }
    }
    for (const path of ['/', '/MD5SUMS']) {
      const text = await (await fetch(`http://127.0.0.1:${victim.port}${path}`)).text();
      expect(text).not.toMatch(/hidden|link|secret|sealift\//);
    }
    await victim.isFine();
  });
});

describe('PROPFIND', () => {
  const ask = (port: number, xml: string, path = '/') => {
    // A character a byte, as all of these are sent.
    const fields = ['Depth: 1', 'Connection: close', `Content-Length: ${xml.length}`];
    return rawHttp(port, request(path, fields, 'PROPFIND') + xml);
  };
  const laughs = [
    '<!DOCTYPE x [<!ENTITY a "ha">',
    ...Array.from({ length: 12 }, (_, at) => `<!ENTITY ${'b'.repeat(at + 1)} "${'&a;'.repeat(20)}">`),
    ']><propfind xmlns="DAV:"><allprop/>&bbbbbbbbbbbb;</propfind>',
  ].join('\n');

  test.each([
    ['a billion laughs', laughs, 400],
    [
      'a file of the machine',
      '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><propfind xmlns="DAV:">&a;</propfind>',
      400,
    ],
    ['nested too deep', `<propfind xmlns="DAV:">${'<a>'.repeat(20_000)}`, 400],
    [
      'many attributes',
      `<propfind xmlns="DAV:"${Array.from({ length: 5_000 }, (_, at) => ` a${at}=""`).join('')}><allprop/></propfind>`,
      207,
    ],
    ['many properties', `<propfind xmlns="DAV:"><prop>${'<a/>'.repeat(5_000)}</prop></propfind>`, 400],
    ['10 MB', `<propfind xmlns="DAV:"><allprop/>${' '.repeat(10_000_000)}</propfind>`, 413],
    ['no UTF-8', '<propfind xmlns="DAV:"><prop><\xff/></prop></propfind>', 400],
    ['nothing that can be seen', ' ', 400],
  ])('%s', async (_what, xml, status) => {
    const victim = await sharedVictim();
    const answers = await Promise.all(Array.from({ length: 5 }, () => ask(victim.port, xml)));
    for (const answer of answers) expect(answer).toMatchObject({ statuses: [status], ending: 'end' });
    await victim.isFine();
  });

  test('a long name by a short prefix does not come back a million times', async () => {
    const victim = await startVictim();
    for (let nth = 0; nth < 1_000; nth++) writeFileSync(join(victim.storage, `sub/${nth}`), '');
    const many = (length: number) =>
      `<propfind xmlns="DAV:" xmlns:e="${'u'.repeat(length)}"><prop>${Array.from({ length: 100 }, (_, at) => `<e:p${at}/>`).join('')}</prop></propfind>`;
    expect((await ask(victim.port, many(60_000), '/sub/')).statuses).toEqual([400]);
    expect((await ask(victim.port, many(70), '/sub/')).statuses).toEqual([207]);
    await victim.isFine();
  });
});

describe('case 88: ranges and conditions', () => {
  const ranges: [string, number][] = [
    ['bytes=0-0', 206],
    ['bytes=-1', 206],
    ['bytes=0-', 206],
    ['bytes=4-99999999999999999999', 206],
    ['bytes=-99999999999999999999', 206],
    ['BYTES=0-1', 206],
    ['bytes=5-', 416],
    ['bytes=-0', 416],
    ['bytes=99999999999999999999-', 416],
    ['bytes=2-1', 200],
    ['bytes=-', 200],
    ['bytes=', 200],
    ['bytes=--1', 200],
    ['bytes=-1-', 200],
    ['bytes=+0-1', 200],
    ['bytes=0x0-0x1', 200],
    ['bytes=1.0-2', 200],
    ['bytes=0-0,2-2', 200],
    [`bytes=${'0-,'.repeat(1_300)}0-`, 200],
    [`bytes=0-${'9'.repeat(5_000)}`, 200],
    ['lines=0-1', 200],
    ['bytes 0-1', 200],
  ];

  test('case 88: huge, negative, reversed and many ranges', async () => {
    const victim = await sharedVictim();
    for (const [range, status] of ranges) {
      const last = [`Range: ${range}`, 'Connection: close'];
      const { statuses, text } = await rawHttp(victim.port, request('/hello.txt', last));
      expect(statuses, range.slice(0, 40)).toEqual([status]);
      const [head = '', body = ''] = text.split('\r\n\r\n');
      if (status === 200) expect(body).toBe(HELLO);
      if (status === 416) expect(head).toMatch(/^Content-Range: bytes \*\/5$/im);
      if (status !== 206) continue;
      const [, first, end] = /^Content-Range: bytes (\d+)-(\d+)\/5\r?$/im.exec(head) ?? [];
      expect(body).toBe(HELLO.slice(Number(first), Number(end) + 1));
    }
    const two = await rawHttp(
      victim.port,
      request('/hello.txt', ['Range: bytes=0-0', 'Range: bytes=1-1', 'Connection: close']),
    );
    expect(two.statuses).toEqual([200]);
    await victim.isFine();
  });

  test('case 88: conditions that say nothing are none', async () => {
    const victim = await sharedVictim();
    const tag = `"${md5(HELLO)}"`;
    for (const [field, status] of [
      ['If-Modified-Since: 2999', 200],
      ['If-Modified-Since: 99999999999', 200],
      ['If-Modified-Since: tomorrow', 200],
      ['If-Modified-Since: Fri, 99 Jan 2026 99:99:99 GMT', 200],
      ['If-Modified-Since: Fri, 02 Jan 2026 03:04:05 GMT', 304],
      ['If-Modified-Since: Friday, 02-Jan-26 03:04:05 GMT', 304],
      ['If-Modified-Since: Fri Jan  2 03:04:05 2026', 304],
      ['If-Unmodified-Since: 1', 200],
      ['If-Unmodified-Since: Thu, 01 Jan 1970 00:00:00 GMT', 412],
      ['If-None-Match: ', 200],
      ['If-None-Match: "', 200],
      [`If-None-Match: ${'"x",'.repeat(3_000)}${tag}`, 304],
      [`If-None-Match: W/${tag}`, 304],
      ['If-None-Match: *', 304],
      [`If-Match: W/${tag}`, 412],
      ['If-Match: ""', 412],
    ] as [string, number][]) {
      const { statuses } = await rawHttp(victim.port, request('/hello.txt', [field, 'Connection: close']));
      expect(statuses, field.slice(0, 60)).toEqual([status]);
    }
    await victim.isFine();
  });
});

describe('a file that does not stay as it is while it is sent', () => {
  test.each([
    ['cut short', (path: string) => truncateSync(path, 1_000)],
    ['written to', (path: string) => writeFileSync(path, 'x', { flag: 'r+' })],
    [
      'rotten, with its old time',
      (path: string) => {
        writeFileSync(path, 'x', { flag: 'r+' });
        utimesSync(path, new Date('2026-01-02T03:04:05.678Z'), new Date('2026-01-02T03:04:05.678Z'));
      },
    ],
    ['grown', (path: string) => writeFileSync(path, 'x', { flag: 'a' })],
  ])('%s: the connection is reset, and the body is short', async (_what, change) => {
    const victim = await startVictim();
    const path = putSparse(victim.storage, 'huge.bin', HUGE);
    await (await fetch(`http://127.0.0.1:${victim.port}/huge.bin`, { method: 'HEAD' })).text();
    const socket = connect({ port: victim.port, host: '127.0.0.1' });
    onTestFinished(() => void socket.destroy());
    let count = 0;
    // A reset, which looks like a clean end to Node where there is something to read: what counts is what has come.
    socket.on('error', () => {});
    socket.write(request('/huge.bin'));
    await once(socket, 'readable');
    change(path);
    // Of so much nothing is kept.
    socket.on('data', (piece) => (count += piece.length));
    await new Promise((resolve) => socket.once('close', resolve));
    expect(count).toBeLessThan(HUGE);
    await victim.isFine();
  });
});

test('case 94: names of others, in every place where one can stand', async () => {
  const victim = await sharedVictim();
  const last = 'Connection: close';
  const asked = async (host: string, target = '/hello.txt', ...fields: string[]) =>
    (
      await rawHttp(
        victim.port,
        [`GET ${target} HTTP/1.1`, `Host: ${host}`, ...fields, last, '', ''].join('\r\n'),
      )
    ).statuses;
  for (const host of [
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'evil.example:80',
    '10.0.0.1',
    '0.0.0.0',
    '[::2]',
    '2130706433',
    '0x7f.1',
    'localhost:80:80',
    'user@localhost',
  ]) {
    expect(await asked(host), host).toEqual([403]);
    expect(await asked('localhost', `http://${host}/hello.txt`), host).toEqual([403]);
    expect(await asked('localhost', '/hello.txt', `Origin: http://${host}`), host).toEqual([403]);
  }
  expect(await asked('localhost', '/hello.txt', 'Origin: null')).toEqual([403]);
  expect(await asked('127.0.0.1', '/hello.txt', `Origin: http://127.0.0.1:${victim.port}`)).toEqual([200]);
  await victim.isFine();
});
