import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { Assembly } from '#sealift/client/assembly.js';
import { connect, type FetchOptions } from '#sealift/index.js';
import { chunkServer, type Tricks } from '../helpers/chunk-server.js';
import { CHUNK, digestsOf, everythingIn, md5, putFile, someBytes } from '../helpers/files.js';
import { tempFolder } from '../helpers/temp-folder.js';
import { untilThere } from '../helpers/until.js';

const SEED = 20_260_105;
const BODY = someBytes(4 * CHUNK + 777, 50);
const OTHER = someBytes(3 * CHUNK + 99, 51);
const SMALL = someBytes(5_000, 52);

type Json = Record<string, unknown>;

/** Flips a bit of the byte at `at` in the file, wherever it comes in a reply to `get`. */
function flipAt(body: Buffer, { op, offset = 0 }: Json, at: number): Buffer {
  const place = at - Number(offset);
  if (op === 'get' && place >= 0 && place < body.length) body[place] = (body[place] ?? 0) ^ 0x10;
  return body;
}

/** Does it the first time that it can. */
function once(change: (body: Buffer, request: Json) => boolean): NonNullable<Tricks['body']> {
  let isDone = false;
  return (body, request) => {
    if (!isDone) isDone = change(body, request);
    return body;
  };
}

async function setUp(tricks: Tricks = {}, content = BODY) {
  const server = await chunkServer(content, tricks);
  const client = await connect(server.url, { retries: 2, retryDelay: 1, timeout: 5_000 });
  onTestFinished(() => client.close());
  const dir = tempFolder();
  const told: string[] = [];
  const progress: number[] = [];
  const fetch = (options: FetchOptions = {}) =>
    client.fetch('a', {
      dir,
      fsync: false,
      onRepair: ({ start, end, damage }) => told.push(`repair ${start}-${end} ${damage}`),
      onRestart: (reason) => told.push(`restart ${reason}`),
      onResume: ({ bytes }) => told.push(`resume ${bytes}`),
      onRetry: ({ error }) => told.push(`retry ${error.code}`),
      onProgress: ({ bytes, size }) => {
        expect(bytes).toBeLessThanOrEqual(size);
        progress.push(bytes);
      },
      ...options,
    });
  return { server, client, dir, told, progress, fetch, there: () => readFileSync(join(dir, 'a')) };
}

/** Rejects with this code, and leaves nothing. */
async function expectFailure(
  { fetch, dir }: Awaited<ReturnType<typeof setUp>>,
  code: string,
  says: RegExp | string = '',
): Promise<void> {
  await expect(fetch()).rejects.toMatchObject({ code, message: expect.stringMatching(says) });
  expect(everythingIn(dir)).toEqual([]);
}

test('without trouble every byte comes once, and progress only grows', async () => {
  const { fetch, server, there, progress, told } = await setUp();
  expect(await fetch()).toMatchObject({ status: 'done', size: BODY.length, md5: md5(BODY), resumedFrom: 0 });
  expect(there().equals(BODY)).toBe(true);
  expect(server.sent()).toBe(BODY.length);
  expect(progress[0]).toBe(0);
  expect(progress.at(-1)).toBe(BODY.length);
  expect(progress).toEqual([...progress].sort((a, b) => a - b));
  expect(told).toEqual([]);
});

describe('damage on the way', () => {
  test.each([0, CHUNK, 4 * CHUNK + 776])('a bit at %d, once: only its chunk comes again', async (at) => {
    const damaged = once((body, request) => flipAt(body, request, at).length > 0 && request.op === 'get');
    const { fetch, server, there, told } = await setUp({ body: damaged });
    await fetch();
    expect(there().equals(BODY)).toBe(true);
    const index = Math.floor(at / CHUNK);
    expect(server.ranges()).toEqual([[index, index + 1]]);
    expect(told).toEqual([`repair ${at}-${at + 1} 1 flipped bit`]);
  });

  test('always: tried three times more, then CORRUPT, with the place and the culprit', async () => {
    const made = await setUp({ body: (body, request) => flipAt(body, request, 2 * CHUNK + 3) });
    await expectFailure(
      made,
      'CORRUPT',
      /^a: bytes 2097152-3145727 \(other data, the same each time\) stay wrong, fetched 4 times; the server's own file is right: it was damaged on the way here; nothing was kept$/,
    );
    expect(made.server.ranges()).toEqual([
      [2, 3],
      [2, 3],
      [2, 3],
    ]);
  });

  test('zeros, and other bytes each time', async () => {
    const zeros = await setUp({
      body: (body, { op, offset = 0 }) => {
        const at = CHUNK - Number(offset);
        return op === 'get' && at >= 0 ? body.fill(0, at, at + 4_096) : body;
      },
    });
    await expectFailure(zeros, 'CORRUPT', /bytes 1048576-2097151 \(zeros\) stay wrong/);
    let count = 0;
    const changing = await setUp({ body: (body, request) => flipAt(body, request, CHUNK + count++) });
    await expectFailure(changing, 'CORRUPT', /flipped bits, not the same each time\) stay wrong/);
  });

  test('everywhere: not every chunk is tried before it is given up', async () => {
    const content = someBytes(20 * CHUNK, 4);
    const made = await setUp({ body: (body, { op }) => (op === 'get' ? body.reverse() : body) }, content);
    await expectFailure(made, 'CORRUPT', /and perhaps more stay wrong/);
    expect(made.server.ranges()).toHaveLength(8 * 3);
  });

  test('and the server’s own file is to blame', async () => {
    const made = await setUp({
      body: (body, request) => flipAt(body, request, 5),
      header: (header, { fresh }) => (fresh ? { ok: false, code: 'CORRUPT', message: 'a: rotted' } : header),
    });
    await expectFailure(made, 'CORRUPT', /the server's own file is damaged: restore it there/);
  });

  test('and the manifest comes just when the whole was found wrong: the chunk is mended', async () => {
    let release = () => {};
    const isHashed = new Promise<void>((resolve) => {
      release = resolve;
    });
    const made = await setUp({
      body: (body, request, nth) => (nth === 0 ? flipAt(body, request, 5) : body),
      answer: async (_, { op }, nth) => {
        if (op === 'manifest' && nth === 0) await isHashed;
        return false;
      },
    });
    const { digest } = Assembly.prototype;
    const spy = vi.spyOn(Assembly.prototype, 'digest').mockImplementationOnce(async function (
      this: Assembly,
      algorithm,
    ) {
      const hex = await digest.call(this, algorithm);
      release();
      await untilThere(() => this.map.hasManifest || null);
      return hex;
    });
    onTestFinished(() => spy.mockRestore());
    await made.fetch();
    expect(made.there().equals(BODY)).toBe(true);
    expect(made.told).toEqual(['repair 5-6 1 flipped bit']);
  });

  test('a connection that breaks while it is mended: each chunk is tried as often, and told once', async () => {
    let breaks = 0;
    let count = 0;
    const made = await setUp({
      body: (body, request) => flipAt(body, request, 5 + (request.op === 'get' ? count++ : 0)),
      answer: (wire, { op }, nth) => {
        // The second look at the manifest, before it is given up.
        if (op !== 'manifest' || nth === 0 || breaks++ > 0) return false;
        wire.socket.resetAndDestroy();
        return true;
      },
    });
    await expectFailure(
      made,
      'CORRUPT',
      /^a: bytes 0-1048575 \(2 flipped bits, not the same each time\) stay wrong/,
    );
    expect(breaks).toBeGreaterThan(1);
    expect(made.server.ranges()).toHaveLength(3);
  });
});

describe('what is said of the file comes damaged', () => {
  const wrongMd5 = md5('other');

  test('the manifest, once', async () => {
    for (const header of [undefined, (header: Json) => ({ ...header, root: undefined })]) {
      const flipped = once((body, { op }) => {
        if (op !== 'manifest') return false;
        body[3] = (body[3] ?? 0) ^ 1;
        return true;
      });
      const { fetch, there } = await setUp({ body: flipped, ...(header ? { header } : {}) });
      await fetch();
      expect(there().equals(BODY)).toBe(true);
    }
  });

  test('the manifest that a bad chunk is looked for with', async () => {
    let flips = 0;
    const { fetch, there, told } = await setUp({
      header: (header) => ({ ...header, root: undefined }),
      body: (body, request, nth) => {
        if (request.op === 'manifest' && flips++ === 0) body[3] = (body[3] ?? 0) ^ 1;
        return request.op === 'get' && nth === 0 ? flipAt(body, request, 2 * CHUNK) : body;
      },
    });
    await fetch();
    expect(there().equals(BODY)).toBe(true);
    expect(told).toContain(`repair ${2 * CHUNK}-${2 * CHUNK + 1} 1 flipped bit`);
    expect(flips).toBe(2);
  });

  test('the manifest, always: CORRUPT, and it ends', async () => {
    let flips = 0;
    const made = await setUp({
      header: (header) => ({ ...header, root: undefined }),
      body: (body, request, nth) => {
        if (request.op === 'manifest') body[3] = ++flips;
        return request.op === 'get' && nth === 0 ? flipAt(body, request, 2 * CHUNK) : body;
      },
    });
    await expectFailure(made, 'CORRUPT', /stay wrong/);
    expect(made.server.requests.length).toBeLessThan(40);
  });

  test.each<[string, Json]>([
    ['MD5', { md5: wrongMd5 }],
    ['root', { root: '0'.repeat(64) }],
    ['MD5 and root', { md5: wrongMd5, root: '0'.repeat(64) }],
  ])('%s of the first header', async (_, wrong) => {
    for (const content of [BODY, SMALL]) {
      const header = (right: Json, { op }: Json, nth: number) =>
        op === 'get' && nth === 0 ? { ...right, ...wrong } : right;
      const { fetch, there } = await setUp({ header }, content);
      expect(await fetch()).toMatchObject({ md5: md5(content) });
      expect(there().equals(content)).toBe(true);
    }
  });

  test('the trailer', async () => {
    for (const content of [BODY, SMALL]) {
      const { url, requests } = await chunkServer(content, {
        header: (header, { op, defer }) =>
          op === 'get' && defer ? { ...header, md5: null, deferred: true, root: undefined } : header,
        body: (body, { op, defer }, nth) => {
          if (op !== 'get' || !defer) return body;
          const trailer = JSON.stringify({ ok: true, md5: nth === 0 ? wrongMd5 : md5(content) });
          const length = Buffer.alloc(4);
          length.writeUInt32BE(trailer.length);
          return Buffer.concat([body, length, Buffer.from(trailer)]);
        },
      });
      const client = await connect(url, { retries: 1, retryDelay: 1 });
      onTestFinished(() => client.close());
      const dir = tempFolder();
      expect(await client.fetch('a', { dir })).toMatchObject({ md5: md5(content) });
      expect(readFileSync(join(dir, 'a')).equals(content)).toBe(true);
      // Of a large file the manifest says that all of it is right.
      expect(requests.filter(({ op }) => op === 'get')).toHaveLength(content === SMALL ? 2 : 1);
    }
  });

  test('the MD5, always: the server contradicts itself', async () => {
    const made = await setUp({ header: (header) => ({ ...header, md5: wrongMd5 }) });
    await expectFailure(made, 'CORRUPT', /contradicts itself|stay wrong|announced md5/);
    expect(made.server.requests.length).toBeLessThan(40);
  });
});

describe('a file that changes on the server', () => {
  test('while it is mended: it begins anew, and comes whole', async () => {
    let isOther = false;
    const { fetch, server, there, told } = await setUp({
      body: (body, request) => (isOther ? body : flipAt(body, request, 5)),
      answer: (_wire, { offset }) => {
        if (offset === undefined || isOther) return false;
        isOther = true;
        server.serve(OTHER);
        return false;
      },
    });
    expect(await fetch()).toMatchObject({ md5: md5(OTHER) });
    expect(there().equals(OTHER)).toBe(true);
    expect(told).toEqual(['restart it changed on the server meanwhile']);
  });

  test('a chunk that was hopeless of the file before says nothing against the new one', async () => {
    const { fetch, server, there, told } = await setUp({
      body: (body, request) => (server.asked('stat').length === 0 ? flipAt(body, request, 5) : body),
      answer: (_wire, { fresh }) => {
        // Asked who is to blame, it finds that the file is another one.
        if (fresh) server.serve(OTHER);
        return false;
      },
    });
    expect(await fetch()).toMatchObject({ md5: md5(OTHER) });
    expect(there().equals(OTHER)).toBe(true);
    expect(told).toEqual(['restart it changed on the server meanwhile']);
  });

  test('a small one that came wrong of the file before says nothing either', async () => {
    const { fetch, server, there } = await setUp(
      {
        body: (body, request, nth) => (nth < 4 ? flipAt(body, request, 5) : body),
        answer: (_wire, { fresh }) => {
          if (fresh) server.serve(OTHER.subarray(0, 500));
          return false;
        },
      },
      SMALL,
    );
    expect(await fetch()).toMatchObject({ size: 500 });
    expect(there().equals(OTHER.subarray(0, 500))).toBe(true);
  });

  test('a small one that came wrong is huge when it is asked for again: refused as at first', async () => {
    const size = 2 ** 52;
    const made = await setUp(
      {
        body: (body, request) => flipAt(body, request, 5),
        header: (header, { op }, nth) =>
          op === 'get' && nth > 0 ? { ...header, size, length: size } : header,
      },
      SMALL,
    );
    await expectFailure(made, 'NO_SPACE');
  });

  test('each time: CHANGED, after some tries', async () => {
    let turn = 0;
    const made = await setUp({
      body: (body, request) => flipAt(body, request, 5),
      answer: () => {
        made.server.serve(turn++ % 2 ? OTHER : BODY);
        return false;
      },
    });
    await expect(made.fetch()).rejects.toMatchObject({ code: expect.stringMatching(/CHANGED|CORRUPT/) });
    expect(made.server.requests.length).toBeLessThan(60);
  });
});

describe('a broken connection', () => {
  test('goes on behind the last whole chunk; a good chunk never comes twice', async () => {
    const { fetch, server, there, told, progress } = await setUp({
      answer: (wire, { op, defer }) => {
        if (op !== 'get' || !defer) return false;
        const { md5, root } = digestsOf(BODY);
        const size = BODY.length;
        wire.send({ ok: true, name: 'a', type: 'x/y', size, md5, root, mtime: 0, offset: 0, length: size });
        wire.socket.end(BODY.subarray(0, 2 * CHUNK + 100));
        return true;
      },
    });
    expect(await fetch()).toMatchObject({ resumedFrom: 0 });
    expect(there().equals(BODY)).toBe(true);
    expect(server.ranges()).toEqual([[2, 5]]);
    expect(told).toEqual(['retry NETWORK']);
    expect(progress.at(-1)).toBe(BODY.length);
    // It goes back once, by less than a chunk.
    const back = progress.filter((bytes, at) => bytes < (progress[at - 1] ?? 0));
    expect(back).toEqual([2 * CHUNK]);
  });

  test('a server without manifests: it begins anew', async () => {
    let gets = 0;
    const { fetch, there, told } = await setUp({
      answer: (wire, { op }) => {
        if (op === 'manifest') {
          wire.send({ ok: false, code: 'UNSUPPORTED', message: 'no such op' });
          return true;
        }
        if (op !== 'get' || gets++ > 0) return false;
        const size = BODY.length;
        wire.send({
          ...{ ok: true, name: 'a', type: 'x/y', size, md5: md5(BODY), mtime: 0, offset: 0, length: size },
        });
        wire.socket.end(BODY.subarray(0, 3 * CHUNK));
        return true;
      },
    });
    await fetch();
    expect(there().equals(BODY)).toBe(true);
    expect(told).toEqual(['retry NETWORK', 'restart the server cannot tell what of it is right']);
  });

  test('NOT_FOUND is asked for once', async () => {
    const made = await setUp({ header: () => ({ ok: false, code: 'NOT_FOUND', message: 'no such file' }) });
    await expectFailure(made, 'NOT_FOUND');
    expect(made.server.requests).toHaveLength(1);
  });

  test('while the manifest comes over the other one, and the user ends it: nothing is left over', async () => {
    const abort = new AbortController();
    const { fetch, dir } = await setUp({
      answer: (wire, { op }) => {
        if (op !== 'manifest') return false;
        wire.send({
          ok: true,
          name: 'a',
          size: BODY.length,
          md5: md5(BODY),
          digest: 'blake3',
          chunkSize: CHUNK,
          count: 5,
          length: 160,
        });
        setImmediate(() => abort.abort());
        return true;
      },
      body: (body, { op }) => (op === 'get' ? body.subarray(0, CHUNK - 1) : body),
    });
    await expect(fetch({ signal: abort.signal })).rejects.toMatchObject({ code: 'ABORTED' });
    expect(everythingIn(dir)).toEqual([]);
  });
});

test('somebody else brings the same file meanwhile: that is what was wanted; another one is not replaced', async () => {
  for (const [content, outcome] of [
    [BODY, { status: 'done', md5: md5(BODY) }],
    [OTHER, { code: 'EXISTS' }],
  ] as const) {
    const made = await setUp({
      answer: (_wire, { op }) => {
        if (op === 'get') putFile(made.dir, 'a', content);
        return false;
      },
    });
    expect(await made.fetch().catch((error) => error)).toMatchObject(outcome);
    expect(made.there().equals(content)).toBe(true);
    expect(everythingIn(made.dir)).toEqual(['a']);
  }
});

test(`a server that answers as it likes: it ends, and no wrong file is there (seed ${SEED})`, async () => {
  const contents = [BODY, OTHER, SMALL, SMALL.subarray(0, 10)] as const;
  const prank = fc.oneof(
    { weight: 4, arbitrary: fc.constant(null) },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('flip' as const),
        at: fc.integer({ min: 0, max: BODY.length }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('fail' as const),
        code: fc.constantFrom(
          'CHANGED',
          'BUSY',
          'INTERNAL',
          'CORRUPT',
          'UNSUPPORTED',
          'NOT_FOUND',
          'TOO_LARGE',
        ),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('lie' as const),
        field: fc.constantFrom('md5', 'root', 'size', 'length', 'offset', 'name'),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('cut' as const) }) },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('serve' as const), which: fc.integer({ min: 0, max: 3 }) }),
    },
  );
  const lies: Json = { md5: md5('lie'), root: 'f'.repeat(64), size: 5, length: 5, offset: 1, name: 'b' };
  await fc.assert(
    fc.asyncProperty(fc.array(prank, { minLength: 1, maxLength: 8 }), async (pranks) => {
      const now = () => pranks[made.server.requests.length % pranks.length];
      const made = await setUp({
        answer: (wire) => {
          const next = now();
          if (next?.kind === 'serve') made.server.serve(contents[next.which] ?? BODY);
          if (next?.kind !== 'cut') return false;
          wire.socket.destroy();
          return true;
        },
        header: (header) => {
          const next = now();
          if (next?.kind === 'fail') return { ok: false, code: next.code, message: 'no' };
          return next?.kind === 'lie' && next.field in header
            ? { ...header, [next.field]: lies[next.field] }
            : header;
        },
        body: (body) => {
          const next = now();
          if (next?.kind !== 'flip' || body.length === 0) return body;
          body[next.at % body.length] = (body[next.at % body.length] ?? 0) ^ 1;
          return body;
        },
      });
      const outcome = await made.fetch().then(
        () => 'done',
        (error) => error.name,
      );
      expect(['done', 'SealiftError']).toContain(outcome);
      if (outcome === 'done') expect(contents.some((content) => content.equals(made.there()))).toBe(true);
      // What is kept is hidden.
      else expect(everythingIn(made.dir).filter((path) => !path.startsWith('.sealift-'))).toEqual([]);
      expect(made.server.requests.length).toBeLessThan(300);
      made.client.close();
    }),
    { seed: SEED, numRuns: 60 },
  );
});

test('of two files with one MD5, only the expected one counts as brought by somebody else', async () => {
  // Wang, Feng, Lai and Yu, 2004: two blocks whose MD5 is the same.
  const [one, two] = [
    'd131dd02c5e6eec4693d9a0698aff95c2fcab58712467eab4004583eb8fb7f8955ad340609f4b30283e488832571415a085125e8f7cdc99fd91dbdf280373c5bd8823e3156348f5bae6dacd436c919c6dd53e2b487da03fd02396306d248cda0e99f33420f577ee8ce54b67080a80d1ec69821bcb6a8839396f9652b6ff72a70',
    'd131dd02c5e6eec4693d9a0698aff95c2fcab50712467eab4004583eb8fb7f8955ad340609f4b30283e4888325f1415a085125e8f7cdc99fd91dbd7280373c5bd8823e3156348f5bae6dacd436c919c6dd53e23487da03fd02396306d248cda0e99f33420f577ee8ce54b67080280d1ec69821bcb6a8839396f965ab6ff72a70',
  ].map((hex) => Buffer.from(hex, 'hex')) as [Buffer, Buffer];
  expect(md5(one)).toBe(md5(two));
  const { dir, fetch, there } = await setUp(
    {
      answer: (_wire, { op }) => {
        if (op === 'get') putFile(dir, 'a', two);
        return false;
      },
    },
    one,
  );
  const sha256 = createHash('sha256').update(one).digest('hex');
  await expect(fetch({ expect: `sha256:${sha256}` })).rejects.toMatchObject({ code: 'CORRUPT' });
  expect(there().equals(two)).toBe(true);
  expect(everythingIn(dir)).toEqual(['a']);
});
