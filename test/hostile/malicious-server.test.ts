import { existsSync, lstatSync, readFileSync, readlinkSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { connect } from '#sealift/index.js';
import { type CliOptions, sealift } from '../helpers/cli.js';
import { everythingIn, md5, putFile, someBytes } from '../helpers/files.js';
import { tempFolder } from '../helpers/temp-folder.js';
import { frame, getReply, maliciousServer, type Wire } from '../helpers/wire.js';

const BODY = someBytes(200_000, 40);
const MD5 = md5(BODY);

/** Answers every request on every connection with `answer`. */
function answering(answer: (wire: Wire, request: Record<string, unknown>) => unknown): Promise<string> {
  return maliciousServer(async (wire) => {
    for (;;) await answer(wire, await wire.header());
  });
}

/** A server whose reply to `get` is `header` and `body`, whatever name is asked for. */
function replying(header: Record<string, unknown>, body: Buffer | string = BODY): Promise<string> {
  return answering((wire) => wire.write(Buffer.concat([frame(header), Buffer.from(body)])));
}

/** Without waiting for a server that does not mend its ways. */
const ONCE = ['--retries', '0'];

/** Runs `fetch NAME` into a folder of its own. */
async function fetchFrom(url: string, name = 'a.bin', args: string[] = ONCE, options: CliOptions = {}) {
  const outside = tempFolder();
  const downloads = join(outside, 'downloads');
  const result = await sealift(['fetch', name, '-s', url, '-d', downloads, ...args], options);
  return { ...result, downloads, outside };
}

type Result = Awaited<ReturnType<typeof fetchFrom>>;

/** One line that names the file, the right exit code, and no file anywhere. */
function expectRejected(result: Result, code: number, says: RegExp, name = 'a.bin'): void {
  expect(result.stderr).toMatch(says);
  expect(result.stderr.split('\n').filter((line) => /^(failed|REJECTED) .*/.test(line))).toHaveLength(1);
  expect(result.stderr).toContain(name);
  expect(result.stderr).not.toContain('bug in Sealift');
  expect(result.stdout).toBe('');
  expect(result.code).toBe(code);
  expect(everythingIn(result.outside).filter((path) => !path.endsWith('/'))).toEqual([]);
}

/** The same through the library, which costs no process: for many variants of one attack. */
async function expectRejectedByLibrary(url: string, code: string, name = 'a.bin'): Promise<void> {
  const outside = tempFolder();
  const client = await connect(url, { retries: 1, retryDelay: 1 });
  try {
    const fetched = client.fetch(name, { dir: join(outside, 'downloads') });
    await expect(fetched).rejects.toMatchObject({ name: 'SealiftError', code });
  } finally {
    client.close();
  }
  expect(everythingIn(outside).filter((path) => !path.endsWith('/'))).toEqual([]);
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

async function expectListingRejected(url: string): Promise<void> {
  const client = await connect(url, { retries: 1, retryDelay: 1 });
  try {
    await expect(all(client.list())).rejects.toMatchObject({ code: 'PROTOCOL' });
  } finally {
    client.close();
  }
}

test('the server of these tests can also be honest', async () => {
  const result = await fetchFrom(await replying(getReply('a.bin', BODY, MD5)));
  expect(result.code).toBe(0);
  expect(readFileSync(join(result.downloads, 'a.bin')).equals(BODY)).toBe(true);
});

describe('case 40: the reply has another name than the request', () => {
  test('case 40: as the user sees it', async () => {
    const result = await fetchFrom(await replying(getReply('../a.bin', BODY, MD5)));
    expectRejected(result, 8, /a\.bin: the server answered with another name/);
  });

  test.each(['b.bin', 'A.bin', 'a.bin ', 'x/a.bin', '/etc/passwd', '.ssh/authorized_keys', ''])(
    'case 40: %j',
    async (name) => expectRejectedByLibrary(await replying(getReply(name, BODY, MD5)), 'PROTOCOL'),
  );

  test('case 40: in the comparison with a local file too', async () => {
    const url = await answering((wire) => wire.send({ ...getReply('b.bin', BODY, MD5), length: 0 }));
    const downloads = tempFolder();
    putFile(downloads, 'a.bin', BODY);
    const result = await sealift(['fetch', 'a.bin', '-s', url, '-d', downloads]);
    expect(result.code).toBe(8);
    expect(await sealift(['verify', 'a.bin', '-s', url, '-d', downloads])).toMatchObject({ code: 8 });
  });
});

const listing = (...names: string[]) => {
  const lines = names.map((name) =>
    JSON.stringify({ name, type: 'text/plain', size: BODY.length, md5: MD5, mtime: 0 }),
  );
  const body = Buffer.from(lines.map((line) => `${line}\n`).join(''));
  return { header: { ok: true, count: names.length, length: body.length, next: null }, body };
};

/** Lists `names`, and serves each of them. */
function listingServer(...names: string[]): Promise<string> {
  const { header, body } = listing(...names);
  return answering((wire, { op, name }) => {
    if (op === 'list') wire.write(Buffer.concat([frame(header), body]));
    else wire.write(Buffer.concat([frame(getReply(String(name), BODY, MD5)), BODY]));
  });
}

describe('case 41: a listing cannot lead out of the folder', () => {
  test('case 41: as the user sees it', async () => {
    const result = await fetchFrom(await listingServer('../evil'), '**');
    expectRejected(result, 8, /listing has a name that/, '**');
  });

  test.each(['/etc/evil', 'a/../../evil', 'a//b', './a', 'a\\..\\evil', 'a/..', 'a\n', 'e\u0301', ''])(
    'case 41: %j',
    async (name) => expectListingRejected(await listingServer(name)),
  );

  test('case 41: a symbolic link to a folder is not walked through', async () => {
    const elsewhere = tempFolder();
    const outside = tempFolder();
    symlinkSync(elsewhere, join(outside, 'sub'));
    const url = await listingServer('sub/a.bin');
    const result = await sealift(['fetch', 'sub/**', '-s', url, '-d', outside, '--force']);
    expect(result.code).toBe(7);
    expect(result.stderr).toContain('symbolic link stands in the way');
    expect(everythingIn(elsewhere)).toEqual([]);
    expect(readlinkSync(join(outside, 'sub'))).toBe(elsewhere);
  });

  test('case 41: names that nobody asked for, or out of order, or uncounted', async () => {
    expectRejected(await fetchFrom(await listingServer('b.bin'), 'a*'), 8, /nobody asked for/, 'a*');
    expectRejected(await fetchFrom(await listingServer('b', 'a'), '**'), 8, /out of order at a/, '**');
    await expectListingRejected(await listingServer('a', 'a'));
    const { header, body } = listing('a', 'b');
    for (const wrong of [
      { count: 1 },
      { count: 3 },
      { next: 'a' },
      { next: 'c' },
      { length: body.length - 1 },
    ]) {
      await expectListingRejected(await replying({ ...header, ...wrong }, body));
    }
  });

  test('case 41: an empty page that goes on for ever', async () => {
    let pages = 0;
    const first = listing('a');
    const goesOn = await answering((wire, { after }) => {
      pages++;
      if (after === undefined) wire.write(Buffer.concat([frame({ ...first.header, next: 'a' }), first.body]));
      else wire.send({ ok: true, count: 0, length: 0, next: after });
    });
    await expectListingRejected(goesOn);
    expect(pages).toBeLessThan(5);
  });
});

describe('case 42: more bytes than announced', () => {
  test('case 42: behind the body', async () => {
    const url = await replying(getReply('a.bin', BODY, MD5), Buffer.concat([BODY, BODY]));
    // Once may be a damaged frame.
    const result = await fetchFrom(url, 'a.bin', ['--retries', '1']);
    expectRejected(result, 8, /more bytes than it announced/);
  });

  test('case 42: length beyond size', async () => {
    const reply = { ...getReply('a.bin', BODY, MD5), size: 100 };
    await expectRejectedByLibrary(await replying(reply), 'PROTOCOL');
  });

  test('case 42: another range than the whole file', async () => {
    const reply = { ...getReply('a.bin', BODY, MD5), offset: 5, length: BODY.length - 5 };
    await expectRejectedByLibrary(await replying(reply), 'PROTOCOL');
  });
});

describe('case 43: the connection ends early', () => {
  test('case 43: a clean end in mid-body, every time: five retries, then code 5', async () => {
    let connections = 0;
    const url = await maliciousServer(async (wire) => {
      connections++;
      await wire.header();
      wire.write(Buffer.concat([frame(getReply('a.bin', BODY, MD5)), BODY.subarray(0, 150_000)]));
      wire.socket.end();
    });
    const result = await fetchFrom(url, 'a.bin', []);
    expectRejected(result, 5, /50000 bytes short/);
    expect(result.stderr).toContain('reconnecting (5 of 5)');
    // One more asks whether the server is still there.
    expect(connections).toBeGreaterThanOrEqual(6);
    expect(connections).toBeLessThanOrEqual(7);
  });

  test('case 43: once: the file comes whole', async () => {
    let connections = 0;
    const url = await maliciousServer(async (wire) => {
      const isFirst = connections++ === 0;
      await wire.header();
      wire.write(frame(getReply('a.bin', BODY, MD5)));
      wire.write(isFirst ? BODY.subarray(0, -1) : BODY);
      if (isFirst) wire.socket.end();
    });
    const result = await fetchFrom(url, 'a.bin', ['--retries', '1']);
    expect(result).toMatchObject({ code: 0 });
    expect(readFileSync(join(result.downloads, 'a.bin')).equals(BODY)).toBe(true);
    expect(everythingIn(result.downloads)).toEqual(['a.bin']);
  });
});

describe('case 44: the right size, the wrong bytes', () => {
  const wrong = Buffer.from(BODY);
  wrong[100_000] = (wrong[100_000] ?? 0) ^ 1;

  test('case 44: no file is kept', async () => {
    const result = await fetchFrom(await replying(getReply('a.bin', BODY, MD5), wrong));
    expectRejected(result, 4, /^REJECTED a\.bin: damaged: announced md5/m);
    expect(result.stderr).toContain(MD5);
  });

  test('case 44: behind a deferred digest too', async () => {
    const reply = { ...getReply('a.bin', BODY, MD5), md5: null, deferred: true };
    const url = await replying(reply, Buffer.concat([wrong, frame({ ok: true, md5: MD5 })]));
    expectRejected(await fetchFrom(url), 4, /announced md5/);
    const failed = frame({ ok: false, code: 'CHANGED', message: 'a.bin: changed' });
    await expectRejectedByLibrary(await replying(reply, Buffer.concat([BODY, failed])), 'CHANGED');
  });

  test('case 44: a local file stays as it was, even with --force', async () => {
    const url = await answering((wire, { op }) => {
      if (op === 'stat') wire.send({ ...getReply('a.bin', BODY, MD5), length: 0 });
      else wire.write(Buffer.concat([frame(getReply('a.bin', BODY, MD5)), wrong]));
    });
    const downloads = tempFolder();
    putFile(downloads, 'a.bin', 'mine');
    const result = await sealift(['fetch', 'a.bin', '-f', '-s', url, '-d', downloads]);
    expect(result.code).toBe(4);
    expect(readFileSync(join(downloads, 'a.bin'), 'utf8')).toBe('mine');
    expect(everythingIn(downloads)).toEqual(['a.bin']);
  });

  test('case 44: nothing of it reaches stdout', async () => {
    const url = await replying(getReply('a.bin', BODY, MD5), wrong);
    const result = await sealift(['fetch', 'a.bin', '-o', '-', '-s', url]);
    expect(result).toMatchObject({ code: 4, stdout: '' });
  });

  test('case 44: a reply without a digest is none', async () => {
    for (const bad of [null, '', 'abc', MD5.toUpperCase(), 5, undefined]) {
      await expectRejectedByLibrary(
        await replying({ ...getReply('a.bin', BODY, MD5), md5: bad }),
        'PROTOCOL',
      );
    }
  });
});

test('case 45: a size beyond the disk is refused before the first byte', async () => {
  const size = 2 ** 52;
  const huge = await replying({ ...getReply('a.bin', BODY, MD5), size, length: size });
  expectRejected(await fetchFrom(huge), 7, /needs \d+ bytes, the disk has \d+ free; nothing was written/);
  for (const bad of ['1e400', '9007199254740993', '-1', '1.5', '"12"']) {
    const json = JSON.stringify(getReply('a.bin', BODY, MD5)).replaceAll(`:${BODY.length}`, `:${bad}`);
    const url = await answering((wire) => wire.write(frame(json)));
    await expectRejectedByLibrary(url, 'PROTOCOL');
  }
});

describe('case 46: the server stalls', () => {
  const TIMEOUT = ['--timeout', '1500ms', ...ONCE];

  test('case 46: after the header, in mid-body, and before any reply', async () => {
    const header = frame(getReply('a.bin', BODY, MD5));
    const sent = [header, Buffer.concat([header, BODY.subarray(0, 1_000)]), Buffer.alloc(0)];
    const urls = await Promise.all(sent.map((bytes) => answering((wire) => wire.write(bytes))));
    for (const result of await Promise.all(urls.map((url) => fetchFrom(url, 'a.bin', TIMEOUT)))) {
      expectRejected(result, 5, /no progress for 1\.5 s, gave up/);
    }
  });

  test('case 46: it is tried again; a server that stalls once loses nothing', async () => {
    let connections = 0;
    const url = await maliciousServer(async (wire) => {
      const isFirst = connections++ === 0;
      await wire.header();
      wire.write(frame(getReply('a.bin', BODY, MD5)));
      wire.write(isFirst ? BODY.subarray(0, -1) : BODY);
    });
    const result = await fetchFrom(url, 'a.bin', ['--timeout', '1500ms']);
    expect(result).toMatchObject({ code: 0 });
    expect(result.stderr).toContain('no progress for 1.5 s, gave up; reconnecting (1 of 5)');
    expect(readFileSync(join(result.downloads, 'a.bin')).equals(BODY)).toBe(true);
  });

  test('case 46: a byte now and then does not extend it, in header or body', async () => {
    const header = frame(getReply('a.bin', BODY, MD5));
    const drip = async (first: Buffer, bytes: Buffer) => {
      const url = await answering((wire) => {
        wire.write(first);
        let next = 0;
        const timer = setInterval(() => wire.write(bytes.subarray(next, ++next)), 50);
        wire.socket.once('close', () => clearInterval(timer));
      });
      expectRejected(await fetchFrom(url, 'a.bin', TIMEOUT), 5, /no progress/);
    };
    await Promise.all([drip(Buffer.alloc(0), header), drip(header, BODY)]);
  });

  test('case 46: interim frames without progress do not extend it', async () => {
    const downloads = tempFolder();
    putFile(downloads, 'a.bin', 'mine');
    const url = await answering((wire) => {
      const timer = setInterval(() => wire.send({ hashing: { done: 5, size: 10 } }), 50);
      wire.socket.once('close', () => clearInterval(timer));
    });
    const result = await sealift(['fetch', 'a.bin', '-s', url, '-d', downloads, ...TIMEOUT]);
    expect(result.code).toBe(5);
    expect(result.stderr).toContain('hashing makes no progress');
  });
});

test('case 47: a mode or a type of folder or link means nothing', async () => {
  for (const extra of [
    { mode: 0o4777 },
    { type: 'inode/directory' },
    { type: 'inode/symlink', target: '/etc' },
  ]) {
    const result = await fetchFrom(await replying({ ...getReply('a.bin', BODY, MD5), ...extra }));
    expect(result.code).toBe(0);
    const stats = lstatSync(join(result.downloads, 'a.bin'));
    expect(stats.isFile()).toBe(true);
    expect(stats.mode & 0o7777).toBe(0o666 & ~process.umask());
  }
});

test('case 48: a file that is there and differs is not replaced without --force', async () => {
  const url = await answering((wire, { op }) => {
    if (op === 'stat') wire.send({ ...getReply('a.bin', BODY, MD5), length: 0 });
    else wire.write(Buffer.concat([frame(getReply('a.bin', BODY, MD5)), BODY]));
  });
  const downloads = tempFolder();
  const path = putFile(downloads, 'a.bin', 'mine');
  const refused = await sealift(['fetch', 'a.bin', '-s', url, '-d', downloads]);
  expect(refused.code).toBe(7);
  expect(refused.stderr).toContain(`${path}: already exists and differs; replace it with --force`);
  expect(readFileSync(path, 'utf8')).toBe('mine');
  expect((await sealift(['fetch', 'a.bin', '-s', url, '-d', downloads, '--force'])).code).toBe(0);
  expect(readFileSync(path).equals(BODY)).toBe(true);
});

describe('case 49: a symbolic link at the target is never written through', () => {
  test.each(['precious', 'dangling'])('case 49: %s', async (kind) => {
    const url = await answering((wire, { op }) => {
      if (op === 'stat') wire.send({ ...getReply('a.bin', BODY, MD5), length: 0 });
      else wire.write(Buffer.concat([frame(getReply('a.bin', BODY, MD5)), BODY]));
    });
    const [downloads, elsewhere] = [tempFolder(), tempFolder()];
    const victim = join(elsewhere, 'victim');
    if (kind === 'precious') putFile(elsewhere, 'victim', 'precious');
    symlinkSync(victim, join(downloads, 'a.bin'));
    const refused = await sealift(['fetch', 'a.bin', '-s', url, '-d', downloads]);
    expect(refused.code).toBe(7);
    expect(refused.stderr).toContain('symbolic link is in the way');
    expect(readlinkSync(join(downloads, 'a.bin'))).toBe(victim);
    // With --force the link itself is replaced.
    expect((await sealift(['fetch', 'a.bin', '-s', url, '-d', downloads, '--force'])).code).toBe(0);
    expect(lstatSync(join(downloads, 'a.bin')).isFile()).toBe(true);
    if (kind === 'precious') expect(readFileSync(victim, 'utf8')).toBe('precious');
    else expect(existsSync(victim)).toBe(false);
  });
});

describe('case 50: hidden files that nobody asked for', () => {
  test.each(['.bashrc', '.ssh/authorized_keys', 'a/.git/hooks/post-checkout', '.sealift-x.part'])(
    'case 50: %s',
    async (name) => expectListingRejected(await listingServer(name)),
  );
});

test('case 4: a body that was not taken is never read as the next reply', async () => {
  // The body of the refused file is made of frames that answer the request after it.
  const evil = Buffer.concat([
    frame(getReply('b.bin', Buffer.from('evil'), md5('evil'))),
    Buffer.from('evil'),
  ]);
  const url = await answering(async (wire, { name }) => {
    if (name === 'b.bin') return wire.write(Buffer.concat([frame(getReply('b.bin', BODY, MD5)), BODY]));
    wire.write(frame(getReply('sub/a.bin', evil, md5(evil))));
    // Comes only with the next request, if the connection is used again.
    await wire.header();
    wire.write(evil);
  });
  const downloads = tempFolder();
  putFile(downloads, 'sub', 'a file in the way of the folder');
  const result = await sealift(['fetch', 'sub/a.bin', 'b.bin', '-j', '1', '-s', url, '-d', downloads]);
  expect(result.code).toBe(7);
  expect(readFileSync(join(downloads, 'b.bin')).equals(BODY)).toBe(true);
});

test('not a Sealift server at all', async () => {
  const url = await maliciousServer((wire) => wire.write('HTTP/1.1 400 Bad Request\r\n\r\n'));
  expectRejected(await fetchFrom(url), 8, /not a Sealift frame/);
});

test('a server that is busy says so', async () => {
  const url = await maliciousServer((wire) => {
    wire.send({ ok: false, code: 'BUSY', message: 'too many connections' });
    wire.socket.end();
  });
  expectRejected(await fetchFrom(url), 6, /too many connections/);
});
