import { Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { AccessLog } from '#sealift/cli/access-log.js';
import { barLine } from '#sealift/cli/report/bar-line.js';
import { RateMeter } from '#sealift/cli/report/rate-meter.js';
import { sealift, startServer } from '../helpers/cli.js';
import { md5, putFile } from '../helpers/files.js';
import { tempFolder } from '../helpers/temp-folder.js';
import { frame, getReply, maliciousServer, Wire } from '../helpers/wire.js';

/** ESC, CSI, OSC, C1, DEL, line breaks of all kinds, and text that turns round. */
const EVIL =
  '\u001b[2J\u001b]0;owned\u0007\u009b31m\u009d0;x\u009c\u0085\u007f\r\n\u2028\u2029\u202e\u2066\u200fgnp.exe';
// biome-ignore format: one class a line reads better
const ACTS_ON_TERMINAL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;

function expectHarmless(...texts: string[]): void {
  for (const text of texts) expect(text).not.toMatch(ACTS_ON_TERMINAL);
}

function answering(answer: (wire: Wire, request: Record<string, unknown>) => unknown): Promise<string> {
  return maliciousServer(async (wire) => {
    for (;;) await answer(wire, await wire.header());
  });
}

const entry = (name: string, type = 'text/plain') => ({
  name,
  type,
  size: 5,
  md5: md5('hello'),
  mtime: 0,
});

function sendListing(wire: Wire, ...entries: object[]): void {
  const body = Buffer.from(entries.map((line) => `${JSON.stringify(line)}\n`).join(''));
  const header = { ok: true, count: entries.length, length: body.length, next: null };
  wire.write(Buffer.concat([frame(header), body]));
}

describe('case 97: nothing that a server sends acts on a terminal', () => {
  test('case 97: a name in a listing is refused, and not shown raw', async () => {
    const url = await answering((wire) => sendListing(wire, entry(EVIL)));
    for (const command of [
      ['list'],
      ['list', '--json'],
      ['list', '--md5sum'],
      ['fetch', '**'],
      ['verify', '-d', '.'],
    ]) {
      const result = await sealift([...command, '-s', url], { cwd: tempFolder() });
      expect(result.code).toBe(8);
      expectHarmless(result.stdout, result.stderr);
    }
  });

  test('case 97: a type', async () => {
    const url = await answering((wire, { op, name }) => {
      if (op === 'list') sendListing(wire, entry('a.txt', EVIL));
      else
        wire.send({ ...getReply(String(name), Buffer.from('hello'), md5('hello')), type: EVIL, length: 0 });
    });
    for (const command of [['list'], ['list', '--json'], ['info', 'a.txt'], ['info', 'a.txt', '--json']]) {
      const result = await sealift([...command, '-s', url]);
      expect(result.code).toBe(0);
      expect(result.stdout).toContain('gnp.exe');
      expectHarmless(result.stdout, result.stderr);
      // Escaped for people, and still the same value for a program.
      if (command.includes('--json')) expect(JSON.parse(result.stdout)).toMatchObject({ type: EVIL });
    }
  });

  test('case 97: a message of a failure, and another name in a reply', async () => {
    const failing = await answering((wire) => wire.send({ ok: false, code: 'FORBIDDEN', message: EVIL }));
    const renaming = await answering((wire) => wire.send(getReply(EVIL, Buffer.from('hello'), md5('hello'))));
    for (const url of [failing, renaming]) {
      for (const command of [
        ['fetch'],
        ['fetch', '--json'],
        ['info'],
        ['verify', '-d', '.'],
        ['verify', '-d', '.', '--json'],
      ]) {
        const result = await sealift([...command, 'a.txt', '-s', url], { cwd: tempFolder() });
        expect(result.code).toBe(url === failing ? 6 : 8);
        expect(result.stdout + result.stderr).toContain('gnp.exe');
        expectHarmless(result.stdout, result.stderr);
        expect(result.stderr.trimEnd().split('\n').length).toBeLessThanOrEqual(1);
      }
    }
  });

  test('case 97: an unknown code, a bad field, a header that is no JSON', async () => {
    for (const sent of [{ ok: false, code: EVIL }, { ok: EVIL }, `{"${EVIL}`]) {
      const result = await sealift(['info', 'a.txt', '-s', await answering((wire) => wire.send(sent))]);
      expect(result.code).toBeGreaterThan(0);
      expectHarmless(result.stdout, result.stderr);
    }
  });

  test('case 97: what the user typed comes back escaped too', async () => {
    const url = await answering((wire, { op }) => {
      if (op === 'list') sendListing(wire);
      else wire.send({ ok: false, code: 'NOT_FOUND', message: 'no such file' });
    });
    const typed = EVIL.replace('\n', '');
    for (const command of ['fetch', 'info', 'verify', 'list', typed]) {
      const result = await sealift([command, typed, '-s', url]);
      expect(result.code).toBeGreaterThan(0);
      expectHarmless(result.stdout, result.stderr);
    }
  });
});

describe('cases 98 and 99: names in logs', () => {
  test.each(['pretty', 'json'])('case 98: %s: escaped; case 99: one line a request', async (style) => {
    const storage = tempFolder();
    putFile(storage, 'a.txt', 'hello');
    const server = await startServer(storage, ['--log', style]);
    const wire = await Wire.to(server.port);
    await wire.ask({ op: 'get', name: EVIL });
    await wire.ask({ op: EVIL });
    await wire.askBody({ op: 'list', pattern: EVIL });
    await wire.ask({ op: 'ping', payload: EVIL });
    wire.write(Buffer.from(EVIL));
    await wire.ended();
    await server.stop();
    const lines = server.log().trimEnd().split('\n');
    expectHarmless(...lines);
    expect(server.log()).toContain('gnp.exe');
    expect(lines.filter((line) => line.includes('127.0.0.1:'))).toHaveLength(5);
  });

  test('case 98: a message of the server itself', () => {
    const lines: string[] = [];
    const stream = new Writable({
      decodeStrings: false,
      write: (line: string, _encoding, done) => {
        lines.push(line);
        done();
      },
    });
    const log = new AccessLog('pretty', stream);
    log.warn(EVIL);
    log.request({
      peer: '-',
      op: 'get',
      name: EVIL,
      code: 'INTERNAL',
      bytes: 0,
      milliseconds: 1,
      error: EVIL,
    });
    expect(lines).toHaveLength(2);
    expectHarmless(...lines.map((line) => line.trimEnd()));
  });
});

describe('case 100: an empty file has no NaN', () => {
  test('case 100: in the bar', () => {
    const meter = new RateMeter(0);
    meter.update(0, false, 1_000);
    const line = barLine({ label: 'a', bytes: 0, size: 0, rate: meter.rate, eta: meter.eta(0) }, 100);
    expect(line).toContain('100%');
    expect(line).not.toMatch(/NaN|Infinity|undefined/);
    const idle = { label: 'a', bytes: 0, size: 9, rate: meter.rate, eta: meter.eta(9) };
    expect(barLine(idle, 100)).not.toMatch(/NaN|Infinity/);
  });

  test('case 100: in every command', async () => {
    const storage = tempFolder();
    putFile(storage, 'empty', '');
    const { url } = await startServer(storage);
    const cwd = tempFolder();
    for (const command of [
      ['fetch', 'empty'],
      ['fetch', 'empty', '--json', '-d', 'b'],
      ['list'],
      ['info', 'empty'],
      ['verify'],
    ]) {
      const result = await sealift([...command, '-s', url], { cwd });
      expect(result.code).toBe(0);
      expect(result.stdout + result.stderr).not.toMatch(/NaN|Infinity|undefined/);
    }
  });
});
