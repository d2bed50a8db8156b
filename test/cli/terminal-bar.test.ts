import { execFileSync, spawnSync } from 'node:child_process';
import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { isName } from '#sealift/protocol/index.js';
import { scrubFolder } from '#sealift/store/index.js';
import { PROGRAM } from '../helpers/cli.js';
import { md5, putFile, rot, someBytes } from '../helpers/files.js';
import { tempFolder } from '../helpers/temp-folder.js';
import { frame, getReply, maliciousServer } from '../helpers/wire.js';

const HAS_TMUX = spawnSync('tmux', ['-V']).status === 0;
if (!HAS_TMUX) console.warn('skipped: the bar in a real terminal (tmux is not installed)');

const BODY = someBytes(600_000, 9);

/** Serves BODY under any name, over about 1.5 s. */
function slowServer({ listing }: { listing?: Buffer } = {}): Promise<string> {
  return maliciousServer(async (wire) => {
    for (;;) {
      const { op, name } = await wire.header();
      if (op === 'list' && listing) {
        wire.write(listing);
        continue;
      }
      wire.write(frame(getReply(String(name), BODY, md5(BODY))));
      for (let at = 0; at < BODY.length; at += 20_000) {
        wire.write(BODY.subarray(at, at + 20_000));
        await new Promise((done) => setTimeout(done, 50));
      }
    }
  });
}

/** Runs the program in a terminal of 100 columns; returns all screens seen until it has ended. */
async function screensOf(args: string[]): Promise<string[]> {
  const folder = tempFolder();
  const socket = join(folder, 'tmux');
  const tmux = (...words: string[]) => execFileSync('tmux', ['-S', socket, ...words], { encoding: 'utf8' });
  const script = join(folder, 'run.sh');
  const quoted = [process.execPath, PROGRAM, ...args].map((word) => `'${word}'`).join(' ');
  writeFileSync(script, `cd '${folder}'\n${quoted}\necho "ended with $?"\nexec sleep 60\n`);
  tmux('-f', '/dev/null', 'new-session', '-d', '-x', '100', '-y', '30', `sh '${script}'`);
  onTestFinished(() => void spawnSync('tmux', ['-S', socket, 'kill-server']));
  const screens: string[] = [];
  while (!screens.at(-1)?.includes('ended with')) {
    await new Promise((done) => setTimeout(done, 50));
    screens.push(tmux('capture-pane', '-p'));
  }
  return screens;
}

test.runIf(HAS_TMUX)('a file: a bar with percent, bytes, rate and ETA; then one line', async () => {
  const screens = await screensOf(['fetch', 'a.bin', '-s', await slowServer()]);
  const bar = /^a\.bin {2}█+─+ +\d+% {2}[\d.]+ kB of 600 kB {2}[\d.]+ [kM]?B\/s {2}ETA \d+s$/m;
  expect(screens.some((screen) => bar.test(screen))).toBe(true);
  const last = screens.at(-1) ?? '';
  expect(last).toMatch(/^verified a\.bin/m);
  expect(last).toContain('ended with 0');
  expect(last).toMatch(/^a\.bin {2}█+ {2}100% {2}600 kB of 600 kB/m);
  expect(screens.join('')).not.toMatch(/NaN|undefined|Infinity/);
});

test.runIf(HAS_TMUX)('several files: a bar each and a total; a sum at the end', async () => {
  const screens = await screensOf(['fetch', 'a.bin', 'b.bin', 'c.bin', '-s', await slowServer()]);
  const both = screens.find((screen) => /^a\.bin .*█.*%/m.test(screen) && /^b\.bin .*█.*%/m.test(screen));
  expect(both).toMatch(/^total, 0 files done .*% {2}.* of 1\.8 MB {2}.*ETA/m);
  const last = screens.at(-1) ?? '';
  expect(last.match(/^verified [abc]\.bin/gm)).toHaveLength(3);
  expect(last).toMatch(/^total, 3 files done .*100%/m);
  expect(last).toMatch(/^3 files: 3 verified, 0 matched already, 0 failed; 1\.8 MB in \ds$/m);
  expect(last).toContain('ended with 0');
});

test.runIf(HAS_TMUX)('a pattern: the total counts what is found and has not begun', async () => {
  const entries = ['a', 'b', 'c'].map((name) => {
    return JSON.stringify({ name: `${name}.bin`, type: 'x/y', size: BODY.length, md5: md5(BODY), mtime: 0 });
  });
  const lines = Buffer.from(`${entries.join('\n')}\n`);
  const listing = frame({ ok: true, count: 3, length: lines.length, next: null });
  const url = await slowServer({ listing: Buffer.concat([listing, lines]) });
  const screens = await screensOf(['fetch', '*.bin', '-s', url]);
  expect(screens.find((screen) => /^total, 0 of 3 files .* of 1\.8 MB /m.test(screen))).toBeDefined();
  expect(screens.some((screen) => /^total, .*100%/m.test(screen) && !screen.includes('3 files done'))).toBe(
    false,
  );
  expect(screens.at(-1)).toMatch(/^total, 3 files done .*100% {2}1\.8 MB of 1\.8 MB/m);
});

test.runIf(HAS_TMUX)('a pattern that one file matches: "1 file"', async () => {
  const url = await maliciousServer(async (wire) => {
    for (;;) {
      const { op, name } = await wire.header();
      if (op === 'list') {
        const entry = { name: 'a.bin', type: 'x/y', size: 5, md5: md5('hello'), mtime: 0 };
        const line = Buffer.from(`${JSON.stringify(entry)}\n`);
        wire.write(Buffer.concat([frame({ ok: true, count: 1, length: line.length, next: null }), line]));
      } else {
        const body = Buffer.from('hello');
        wire.write(Buffer.concat([frame(getReply(String(name), body, md5(body))), body]));
      }
    }
  });
  expect((await screensOf(['fetch', '*.bin', '-s', url])).at(-1)).toMatch(/^1 file: 1 verified/m);
});

test.runIf(HAS_TMUX)('info and verify show that the server hashes, and take it away again', async () => {
  const url = await maliciousServer(async (wire) => {
    for (;;) {
      const { op, name } = await wire.header();
      if (op === 'list') {
        wire.send({ ok: true, count: 0, length: 0, next: null });
        continue;
      }
      for (let done = 0; done < 5; done++) {
        wire.send({ hashing: { done: done * 17, size: 100 } });
        await new Promise((next) => setTimeout(next, 150));
      }
      wire.send({ ...getReply(String(name), BODY, md5(BODY)), length: 0 });
    }
  });
  for (const command of ['info', 'verify']) {
    const screens = await screensOf([
      command,
      'a.bin',
      '-s',
      url,
      ...(command === 'verify' ? ['-d', '.'] : []),
    ]);
    expect(screens.some((screen) => /^hashing on the server: 34% …$/m.test(screen))).toBe(true);
    expect(screens.at(-1)).not.toContain('hashing');
    expect(screens.at(-1)).toContain(command === 'info' ? 'name:      a.bin' : 'a.bin: MISSING');
  }
});

test.runIf(HAS_TMUX)('a scrub: a bar for all of it, rot above it, and one line at the end', async () => {
  const storage = tempFolder();
  putFile(storage, 'a.txt', 'hello');
  putFile(storage, 'large.bin', someBytes(1_000_000));
  await scrubFolder(storage, { accepts: isName, signal: new AbortController().signal });
  rot(storage, 'a.txt', 'hellO');
  const screens = await screensOf(['scrub', storage, '--limit', '500kB/s']);
  const bar =
    /^[012] files? of 2 {2}█*─+ +\d+% {2}[\d.]+ k?B of 1 MB {2}(?:--|[\d.]+ [kM]?B\/s) {2}ETA (?:--|\d+s)$/m;
  expect(screens.some((screen) => bar.test(screen))).toBe(true);
  const last = screens.at(-1) ?? '';
  expect(last).toContain('ended with 4');
  expect(last).toMatch(/^a\.txt: ROTTEN$/m);
  expect(last).toMatch(/^2 files, 1 MB verified in \ds: 1 rotten, 0 new, 0 changed, 0 unreadable$/m);
  expect(last).not.toContain('ETA');
  expect(screens.join('')).not.toMatch(/NaN|undefined|Infinity/);
});

test.runIf(HAS_TMUX)('a broken connection shows, before the bar is there and with it', async () => {
  let connections = 0;
  const url = await maliciousServer(async (wire) => {
    const number = ++connections;
    await wire.header();
    // Busy at first; then it breaks within the body.
    if (number === 1) return void wire.socket.end(frame({ ok: false, code: 'BUSY', message: 'too many' }));
    wire.write(frame(getReply('a.bin', BODY, md5(BODY))));
    if (number < 5) wire.socket.end(BODY.subarray(0, 300_000));
    else wire.write(BODY);
  });
  const screens = await screensOf(['fetch', 'a.bin', '-s', url]);
  const last = screens.at(-1) ?? '';
  expect(last).toMatch(/^retrying a\.bin: too many; reconnecting \(1 of 5\)$/m);
  expect(screens.some((screen) => /^a\.bin .*█.* {2}reconnecting \(\d of 5\)$/m.test(screen))).toBe(true);
  expect(last).toMatch(/^verified a\.bin/m);
  expect(last).toContain('ended with 0');
});

test.runIf(HAS_TMUX)('a server that stays busy: it shows, though there never is a bar', async () => {
  const url = await maliciousServer((wire) => {
    wire.socket.end(frame({ ok: false, code: 'BUSY', message: 'too many' }));
  });
  const last = (await screensOf(['fetch', 'a.bin', '-s', url, '--retries', '2'])).at(-1);
  expect(last).toMatch(/^retrying a\.bin: too many; reconnecting \(1 of 2\)\nretrying .* \(2 of 2\)$/m);
  expect(last).toContain('ended with 6');
});

test.runIf(HAS_TMUX)(
  'fetch over a file that is here: each of both hashings is shown as what it is',
  async () => {
    const size = 1_000_000_000;
    const url = await maliciousServer(async (wire) => {
      const { name } = await wire.header();
      for (let done = 0; done < 5; done++) {
        wire.send({ hashing: { done: done * (size / 5), size } });
        await new Promise((next) => setTimeout(next, 150));
      }
      const facts = { name: String(name), type: 'x/y', size, md5: md5('other'), mtime: 0 };
      wire.send({ ok: true, ...facts });
    });
    const dir = tempFolder();
    truncateSync(putFile(dir, 'a.bin', ''), size);
    const screens = await screensOf(['fetch', 'a.bin', '-s', url, '-d', dir]);
    const bar = (phase: string) => new RegExp(`^a\\.bin {2}█*─+ +\\d+% .* of 1 GB {2}${phase}$`, 'm');
    expect(screens.some((screen) => bar('the server hashes the file first').test(screen))).toBe(true);
    expect(screens.some((screen) => bar('hashing the file that is here').test(screen))).toBe(true);
    expect(screens.at(-1)).toContain('already exists and differs');
    expect(screens.at(-1)).toContain('ended with 7');
  },
);
