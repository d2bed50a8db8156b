import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { startServer } from '../helpers/cli.js';
import { everythingIn, md5, putFile, someBytes } from '../helpers/files.js';
import { tempFolder } from '../helpers/temp-folder.js';
import { frame, getReply, maliciousServer, Wire } from '../helpers/wire.js';

const PAGE = readFileSync(fileURLToPath(new URL('../../docs/protocol.md', import.meta.url)), 'utf8');

const blocks = [...PAGE.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(([, language, text]) => ({
  language,
  text: text as string,
}));
const CLIENT = blocks.find(({ language }) => language === 'python')?.text as string;

async function runClient(
  url: string,
  name: string,
  path: string,
): Promise<{ code: number | null; stderr: string }> {
  const script = join(tempFolder(), 'fetch.py');
  writeFileSync(script, CLIENT);
  const { hostname, port } = new URL(url);
  const child = spawn('python3', [script, hostname, port, name, path], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
  const [code] = await once(child, 'close');
  return { code, stderr };
}

test('the client in Python is at most 25 lines of code', () => {
  const lines = CLIENT.split('\n').filter((line) => line.trim() !== '');
  expect(lines.length).toBeLessThanOrEqual(25);
  for (const line of lines) expect(line.length, line).toBeLessThanOrEqual(110);
});

test('the client in Python fetches from a real server', async () => {
  const [storage, folder] = [tempFolder(), tempFolder()];
  const content = someBytes(3_000_000);
  putFile(storage, 'fotos/Mädchen.png', content);
  putFile(storage, 'empty', '');
  const { url } = await startServer(storage);
  const path = join(folder, 'girl.png');
  expect(await runClient(url, 'fotos/Mädchen.png', path)).toEqual({ code: 0, stderr: '' });
  expect(readFileSync(path).equals(content)).toBe(true);
  expect(await runClient(url, 'empty', join(folder, 'empty'))).toEqual({ code: 0, stderr: '' });
  expect(everythingIn(folder)).toEqual(['empty', 'girl.png']);
});

test('the client in Python says what a server refuses', async () => {
  const [storage, folder] = [tempFolder(), tempFolder()];
  const { url } = await startServer(storage);
  const { code, stderr } = await runClient(url, 'missing', join(folder, 'missing'));
  expect(code).toBe(1);
  expect(stderr).toMatch(/^failed: 'no such file.*'\n$/);
  expect(everythingIn(folder)).toEqual([]);
});

const RIGHT = Buffer.from('hello');
const REPLY = getReply('a.txt', RIGHT, md5(RIGHT));

test.each([
  ['wrong bytes', Buffer.concat([frame(REPLY), Buffer.from('hellp')]), 'damaged'],
  ['a wrong md5', Buffer.concat([frame({ ...REPLY, md5: md5('other') }), RIGHT]), 'damaged'],
  ['no md5', Buffer.concat([frame({ ...REPLY, md5: null }), RIGHT]), 'damaged'],
  ['too few bytes', Buffer.concat([frame(REPLY), Buffer.from('hell')]), 'bytes short'],
  ['another name', Buffer.concat([frame({ ...REPLY, name: '../a.txt' }), RIGHT]), 'another file'],
  ['half a header', frame(REPLY).subarray(0, 20), 'bytes short'],
  ['an endless header', Buffer.concat([Buffer.from('ffffffff', 'hex'), Buffer.alloc(65_536, ' ')]), 'Error'],
  ['an escape sequence', frame({ ok: false, code: 'BUSY', message: '\u001b[2J' }), '\\x1b[2J'],
])('the client in Python keeps nothing of %s', async (_, answer, says) => {
  const folder = tempFolder();
  writeFileSync(join(folder, 'a.txt'), 'as it was');
  const url = await maliciousServer(async (wire) => {
    await wire.header();
    wire.socket.end(answer);
  });
  const { code, stderr } = await runClient(url, 'a.txt', join(folder, 'a.txt'));
  expect(code).toBe(1);
  expect(stderr).toContain(says);
  expect(everythingIn(folder)).toEqual(['a.txt']);
  expect(readFileSync(join(folder, 'a.txt'), 'utf8')).toBe('as it was');
});

interface Example {
  way: '>>' | '<<';
  bytes: Buffer;
}

/** Lines of the page such as `>> 00 00 00 1e {"op":…}`, and bodies in text or hexadecimal. */
const examples: Example[] = blocks.flatMap(({ text }) =>
  text.split('\n').flatMap((line): Example[] => {
    const [, way, hex = '', rest = ''] = /^(>>|<<) ((?:[0-9a-f]{2} ?)*)(.*)$/.exec(line) ?? [];
    if (way === undefined) return [];
    const bytes = Buffer.concat([
      Buffer.from(hex.replaceAll(' ', ''), 'hex'),
      Buffer.from(rest.replace(/\\n$/, '\n')),
    ]);
    return [{ way: way as Example['way'], bytes }];
  }),
);

test('every frame of the page is as long as it says', () => {
  const frames = examples.filter(({ bytes }) => bytes[0] === 0);
  expect(frames.length).toBe(8);
  for (const { bytes } of frames) {
    expect(bytes.length, bytes.toString()).toBe(4 + bytes.readUInt32BE());
    expect(() => JSON.parse(bytes.subarray(4).toString())).not.toThrow();
  }
});

/** When the file was hashed is another time in each run. */
const timeless = (bytes: Buffer) => bytes.toString().replace(/"verifiedAt":\d{13}/, '"verifiedAt":…');

test('a server answers the requests of the page with the replies of the page', async () => {
  const storage = tempFolder();
  const path = putFile(storage, 'girl.png', 'hello');
  utimesSync(path, 1_767_225_600, 1_767_225_600);
  const { port } = await startServer(storage);
  const wire = await Wire.to(port);
  // A listing has an MD5 once the file was hashed.
  await wire.ask({ op: 'stat', name: 'girl.png' });
  for (const { way, bytes } of examples) {
    if (way === '>>') wire.write(bytes);
    else expect(timeless(await wire.bytes(bytes.length))).toBe(timeless(bytes));
  }
  wire.socket.end();
  await wire.ended();
  expect(wire.unread).toBe(0);
});

test('the request that is written out in bytes', () => {
  const written =
    blocks.map(({ text }) => text.trim()).find((text) => /^([0-9a-f]{2} )+[0-9a-f]{2}$/.test(text)) ?? '';
  const bytes = Buffer.from(written.replaceAll(' ', ''), 'hex');
  expect(bytes).toEqual(examples[0]?.bytes);
  expect(PAGE).toContain(`all of its ${bytes.length} bytes`);
});

test('the failure of the page', () => {
  const json = /`(\{"ok":false[^`]*\})`/.exec(PAGE)?.[1] as string;
  expect(JSON.parse(json)).toEqual({ ok: false, code: 'NOT_FOUND', message: 'no such file: gril.png' });
});
