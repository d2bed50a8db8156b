import { execFileSync, spawnSync } from 'node:child_process';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { encode } from 'uqr';
import { expect, onTestFinished, test } from 'vitest';
import { qrCode } from '#sealift/cli/qr-code.js';
import { PROGRAM, startServer } from '../helpers/cli.js';
import { tempFolder } from '../helpers/temp-folder.js';

const HAS_TMUX = spawnSync('tmux', ['-V']).status === 0;
if (!HAS_TMUX) console.warn('skipped: the QR code in a real terminal (tmux is not installed)');
const OUTSIDE = Object.values(networkInterfaces())
  .flat()
  .find((at) => at && !at.internal && at.family === 'IPv4')?.address;
if (!OUTSIDE) console.warn('skipped: the QR code beyond loopback (this machine has no other address)');

const LINK = 'http://192.168.1.5:9696/';
const WIDE = { columns: 80, rows: 24, hasColors: false };

/** What a camera sees: `true` is dark. */
function modulesOf(lines: string[]): boolean[][] {
  return lines.flatMap((line) => [
    [...line].map((char) => !'█▀'.includes(char)),
    [...line].map((char) => !'█▄'.includes(char)),
  ]);
}

function expectCode(lines: string[], text: string): void {
  const modules = modulesOf(lines);
  const { data, size } = encode(text, { border: 4 });
  expect(modules.slice(0, size)).toEqual(data);
  // A line has room for two; what is behind the last one is light.
  expect(modules.slice(size).flat()).not.toContain(true);
}

test('the modules of the code, two to a character, light ones all round', () => {
  expectCode(qrCode(LINK, WIDE) as string[], LINK);
});

test('in colours that do not depend on those of the terminal', () => {
  const lines = qrCode(LINK, { ...WIDE, hasColors: true }) as string[];
  for (const line of lines) expect(line).toMatch(/^\x1b\[97;40m[█▀▄ ]+\x1b\[0m$/);
});

test('none where it would be broken or scrolled away', () => {
  const { size } = encode(LINK, { border: 4 });
  expect(qrCode(LINK, { ...WIDE, columns: size })).not.toBeNull();
  expect(qrCode(LINK, { ...WIDE, columns: size - 1 })).toBeNull();
  expect(qrCode(LINK, { ...WIDE, rows: 18 })).toBeNull();
});

test('no picture for programs and files, and no word of browsers without HTTP', async () => {
  const args = ['--host', '0.0.0.0', '--public'];
  const plain = await startServer(tempFolder(), args);
  expect((await plain.stop()).stderr).toMatch(/^sealift: for browsers: http:\/\/\S+:\d+\/( or http\S+)*$/m);
  expect(plain.log()).not.toMatch(/[█▀▄]/);
  const without = await startServer(tempFolder(), [...args, '--no-http']);
  expect((await without.stop()).stderr).not.toContain('http');
});

/** What a terminal of so many columns shows when the server waits for clients. */
async function screenOf(columns: number, ...args: string[]): Promise<string> {
  const folder = tempFolder();
  const tmux = (...words: string[]) =>
    execFileSync('tmux', ['-S', join(folder, 'tmux'), ...words], { encoding: 'utf8' });
  const command = [process.execPath, PROGRAM, 'serve', folder, '--port', '0', ...args];
  const size = ['-x', String(columns), '-y', '30'];
  tmux('-f', '/dev/null', 'new-session', '-d', ...size, command.map((word) => `'${word}'`).join(' '));
  onTestFinished(() => void spawnSync('tmux', ['-S', join(folder, 'tmux'), 'kill-server']));
  for (;;) {
    const screen = tmux('capture-pane', '-p', '-J');
    // The last of what it says at the start.
    if (/for browsers: http\S+:\d+\/\s/.test(screen)) return screen;
    await new Promise((done) => setTimeout(done, 50));
  }
}

test.runIf(HAS_TMUX && OUTSIDE)('who starts it in a terminal sees the link and its code', async () => {
  const screen = await screenOf(80, '--host', OUTSIDE as string, '--public');
  const [, link = ''] = /for browsers: (\S+)/.exec(screen) ?? [];
  expect(link).toMatch(new RegExp(`^http://${OUTSIDE}:\\d+/$`));
  expectCode(
    screen.split('\n').filter((line) => /^[█▀▄ ]{10,}$/.test(line)),
    link,
  );
});

test.runIf(HAS_TMUX)('no code on loopback, which no phone reaches', async () => {
  const screen = await screenOf(80);
  expect(screen).toContain('for browsers: http://127.0.0.1:');
  expect(screen).not.toMatch(/[█▀▄]/);
});

test.runIf(HAS_TMUX && OUTSIDE)('only the link where the terminal is too narrow for its code', async () => {
  expect(await screenOf(30, '--host', OUTSIDE as string, '--public')).not.toMatch(/[█▀▄]/);
});
