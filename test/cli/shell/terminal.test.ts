import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startServer } from '../../helpers/cli.js';
import { md5, putFile, someBytes } from '../../helpers/files.js';
import { tempFolder } from '../../helpers/temp-folder.js';
import { HAS_TMUX, Terminal } from '../../helpers/terminal.js';
import { frame, getReply, maliciousServer } from '../../helpers/wire.js';

const placeOf = (url: string) => url.replace('sealift://', '');

test.runIf(HAS_TMUX)('a prompt, folders, completion, history; Ctrl-D', async () => {
  const [storage, folder, state] = [tempFolder(), tempFolder(), tempFolder()];
  putFile(storage, 'girl.png', someBytes(3_000_000));
  putFile(storage, 'reports/my notes.txt', 'no end of line');
  putFile(storage, 'reports/tides.csv', 'tides\n');
  const first = await startServer(storage);
  const at = placeOf(first.url);
  const terminal = await Terminal.start(['shell', '-s', first.url], {
    folder,
    env: { XDG_STATE_HOME: state },
  });
  await terminal.untilLast(`${at}:/>`);

  // An empty line asks again.
  await terminal.press('Enter');
  await terminal.until(`${at}:/>\n${at}:/>`);
  expect(first.log()).not.toMatch(/ (list|stat|get|ping) /);

  await terminal.enter('ls');
  expect(await terminal.untilLast(`${at}:/>`)).toMatch(/^reports\/tides\.csv +6 B /m);

  await terminal.enter('get girl.png');
  await terminal.until(/^verified girl\.png/m);
  const got = await terminal.untilLast(`${at}:/>`);
  expect(got).toMatch(/^girl\.png {2}█+ {2}100% {2}3 MB of 3 MB/m);
  expect(statSync(join(folder, 'downloads/girl.png')).size).toBe(3_000_000);

  // A folder is completed with a slash, to be gone on with.
  await terminal.complete('cd r');
  await terminal.untilLast(`${at}:/> cd reports/`);
  await terminal.press('Enter');
  await terminal.untilLast(`${at}:/reports>`);
  await terminal.complete('get m');
  await terminal.untilLast(`${at}:/reports> get my\\ notes.txt`);
  await terminal.type('-o -');
  await terminal.press('Enter');
  const shown = await terminal.until(/no end of line\nverified /);
  await terminal.untilLast(`${at}:/reports>`);
  expect(shown).not.toContain('█ no end');

  // Several: the second Tab shows them, and nothing is taken for the only one.
  await terminal.clear();
  await terminal.complete('info ');
  await terminal.press('Tab');
  await terminal.until(/^my\\ notes\.txt +tides\.csv$/m);
  await terminal.untilLast(`${at}:/reports> info`);

  // Ctrl-C clears what was typed; where there is nothing it says how to leave.
  await terminal.press('C-c');
  await terminal.untilLast(`${at}:/reports>`);
  await terminal.press('C-c');
  await terminal.until('"exit" or Ctrl-D leaves');

  // Lines that were pasted together are done one after the other; what has no end waits.
  await terminal.type('pwd\ncd ..\npwd\ninfo gi');
  await terminal.untilLast(`${at}:/> info gi`);
  await terminal.press('C-c');

  await terminal.enter("get 'it");
  await terminal.until('a quote is not closed');
  await terminal.enter('get none -s sealift://secret@host');
  await terminal.untilLast(`${at}:/>`);
  await terminal.press('C-d');
  const last = await terminal.until('ended with');
  expect(last).toContain('ended with 0');
  const file = join(state, 'sealift/history');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readFileSync(file, 'utf8').split('\n').slice(0, 4)).toEqual([
    'ls',
    'get girl.png',
    'cd reports/',
    'get my\\ notes.txt -o -',
  ]);
  expect(readFileSync(file, 'utf8')).not.toContain('secret');

  // What was typed in an earlier run; and the next client is served.
  const next = await Terminal.start(['shell', '-s', first.url], {
    folder,
    columns: 80,
    env: { XDG_STATE_HOME: state },
  });
  await next.untilLast(`${at}:/>`);
  // Ctrl-Z, and back.
  await next.press('C-z');
  await next.until('was stopped');
  await next.untilLast(`${at}:/>`);
  await next.press('Up');
  await next.untilLast(`${at}:/> get 'it`);
  await next.press('C-c');

  // The server goes, and comes back: completion is silent about it, commands find it again.
  await first.stop();
  await next.complete('get g');
  await next.untilLast(`${at}:/> get g`);
  await next.press('C-c');
  await next.enter('ping -c 1');
  await next.until(/^sealift: no server at /m);
  const again = await startServer(storage, ['--port', String(first.port)]);
  await next.enter('ls girl.png');
  await next.until(/^girl\.png +3 MB/m);
  await next.untilLast(`${at}:/>`);
  await next.enter('q');
  expect(await next.until('ended with')).toContain('ended with 0');
  expect(again.url).toBe(first.url);
});

test.runIf(HAS_TMUX)('Ctrl-C ends the transfer that runs, and not the shell', async () => {
  const body = someBytes(3 << 20);
  const url = await maliciousServer(async (wire) => {
    for (;;) {
      const { op, name } = await wire.header();
      if (op === 'ping') wire.send({ ok: true, payload: '' });
      if (op !== 'get') continue;
      wire.write(frame(getReply(String(name), body, md5(body))));
      // Half of it, and then nothing more.
      wire.write(body.subarray(0, body.length / 2));
    }
  });
  const folder = tempFolder();
  const terminal = await Terminal.start(['shell', '-s', url], {
    folder,
    env: { XDG_STATE_HOME: tempFolder() },
  });
  const prompt = `${placeOf(url)}:/>`;
  await terminal.untilLast(prompt);
  await terminal.enter('get big.bin');
  await terminal.until(/^big\.bin {2}█+─+ +50% /m);
  await terminal.press('C-c');
  const screen = await terminal.untilLast(prompt);
  expect(screen).toMatch(/^sealift: interrupted; what has come is kept/m);
  expect(existsSync(join(folder, 'downloads/big.bin'))).toBe(false);
  // The shell goes on, on a connection anew.
  await terminal.enter('ping -c 1');
  await terminal.until(/^1 answer: round trip minimum .* ms, median .* ms, maximum .* ms$/m);
  await terminal.enter('ping -c 1000');
  await terminal.until(/^answer 2 from /m);
  await terminal.press('C-c');
  await terminal.until(/^\d+ answers: round trip/m);
  await terminal.untilLast(prompt);
  await terminal.press('C-d');
  expect(await terminal.until('ended with')).toContain('ended with 0');
});
