import { afterAll, expect, test } from 'vitest';
import { complete } from '#sealift/cli/shell/completion.js';
import { wordsOf } from '#sealift/cli/shell/line.js';
import { RemoteFolder } from '#sealift/cli/shell/remote-folder.js';
import { Session } from '#sealift/cli/shell/session.js';
import { connect } from '#sealift/index.js';
import { putFile } from '../../helpers/files.js';
import { localServer } from '../../helpers/in-process.js';
import { tempFolder } from '../../helpers/temp-folder.js';
import { frame, maliciousServer } from '../../helpers/wire.js';

const NAMES = [
  '-dash',
  'br[1].txt',
  'girl.png',
  "my dir/it's.txt",
  'sub/deep/two.txt',
  'sub/one.txt',
  'subway.txt',
  '海运/港口.txt',
];

const storage = tempFolder(afterAll);
for (const name of NAMES) putFile(storage, name, name);

async function completing(path = '') {
  const { url } = await localServer(storage);
  const client = await connect(url);
  const session = new Session(client, false);
  session.folder = new RemoteFolder(path);
  return async (line: string) => (await complete(line, session))[0];
}

test('commands, options, and nothing where nothing is known', async () => {
  const complete = await completing();
  expect(await complete('')).toContain('verify ');
  expect(await complete('p')).toEqual(['pwd ', 'ping ']);
  expect(await complete('help g')).toEqual(['get ']);
  expect(await complete('get --no')).toEqual(['--no-fsync ']);
  expect(await complete('get --ser')).toEqual([]);
  expect(await complete('ls --md')).toEqual(['--md5sum ']);
  for (const line of ['pwd ', 'nonsense ', 'ping g', 'get -d ', 'get a -o g', 'get g # g', 'help get g']) {
    expect(await complete(line), line).toEqual([]);
  }
});

test('names: a folder is gone on with, a file is done with', async () => {
  const complete = await completing();
  expect(await complete('get g')).toEqual(['girl.png ']);
  expect(await complete('get girl.png s')).toEqual(['sub/', 'subway.txt ']);
  expect(await complete('info sub/')).toEqual(['sub/deep/', 'sub/one.txt ']);
  expect(await complete('cd ')).toEqual(['my\\ dir/', 'sub/', '海运/']);
  expect(await complete('cd sub/')).toEqual(['sub/deep/']);
  expect(await complete('cd 海')).toEqual(['海运/']);
  expect(await complete('ls x')).toEqual([]);
  expect(await complete('get *.p')).toEqual([]);
});

test('names are taken from the folder, or from the outermost', async () => {
  const complete = await completing('sub');
  expect(await complete('get ')).toEqual(['deep/', 'one.txt ']);
  expect(await complete('get deep/')).toEqual(['deep/two.txt ']);
  expect(await complete('get /g')).toEqual(['/girl.png ']);
  expect(await complete('cd ..')).toEqual(['../']);
  expect(await complete('get ../g')).toEqual(['../girl.png ']);
});

test('quotes: as they were begun, or backslashes', async () => {
  const complete = await completing();
  expect(await complete('cd my')).toEqual(['my\\ dir/']);
  expect(await complete("cd 'my")).toEqual(["'my dir/"]);
  expect(await complete('cd "my d')).toEqual(['"my dir/']);
  expect(await complete('cd my\\')).toEqual(['my\\ dir/']);
  expect(await complete('get my\\ dir/')).toEqual(["my\\ dir/it\\'s.txt "]);
  expect(await complete("get 'my dir/i")).toEqual(["'my dir/it'\\''s.txt' "]);
  expect(await complete('get -- -')).toEqual(['./-dash ']);
  expect(await complete('get ./-')).toEqual(['./-dash ']);
  expect(await complete('get ')).toContain('./-dash ');
});

test('what a pattern would be taken for is escaped where patterns are taken, and nowhere else', async () => {
  const complete = await completing();
  expect(await complete('info br')).toEqual(['br[1].txt ']);
  const [word = ''] = await complete('get br');
  expect(wordsOf(`get ${word}`)).toEqual(['get', 'br\\[1\\].txt']);
  expect(await complete(`get ${word.slice(0, 6)}`)).toEqual([word]);
});

test('a server that is gone, slow, or lies: silence', async () => {
  const requests: unknown[] = [];
  const url = await maliciousServer(async (wire) => {
    for (;;) {
      const request = await wire.header();
      requests.push(request);
      if (requests.length === 1) continue;
      const line = Buffer.from(
        `${JSON.stringify({ name: 'a\x1b[2J', type: 'x/y', size: 1, md5: null, mtime: 0 })}\n`,
      );
      wire.write(Buffer.concat([frame({ ok: true, count: 1, length: line.length, next: null }), line]));
    }
  });
  const session = new Session(await connect(url), false);
  // It does not answer at all; then it answers with what no name may have in it.
  expect(await complete('get ', session)).toEqual([[], '']);
  expect(await complete('get ', session)).toEqual([[], '']);
  expect(requests).toHaveLength(2);
});

test('more than can be looked through in time: nothing is taken for the only one', async () => {
  const url = await maliciousServer(async (wire) => {
    for (let page = 0; ; page++) {
      await wire.header();
      const name = `sub${page}/a`;
      const line = Buffer.from(`${JSON.stringify({ name, type: 'x/y', size: 1, md5: null, mtime: 0 })}\n`);
      if (page > 1) continue;
      wire.write(Buffer.concat([frame({ ok: true, count: 1, length: line.length, next: name }), line]));
    }
  });
  const session = new Session(await connect(url), false);
  expect(await complete('get s', session)).toEqual([['sub0/', 'sub1/', '…'], 's']);
});
