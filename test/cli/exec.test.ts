import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { serve } from '#sealift/index.js';
import { PROGRAM, sealift, startServer } from '../helpers/cli.js';
import { md5, putFile, someBytes } from '../helpers/files.js';
import { membersOf, untilEmpty } from '../helpers/processes.js';
import { tempFolder } from '../helpers/temp-folder.js';

const HAS_TMUX = spawnSync('tmux', ['-V']).status === 0;
if (!HAS_TMUX) console.warn('skipped: exec in a real terminal (tmux is not installed)');

const TOKEN = 'correct-horse-battery';

let url: string;
let close: () => Promise<void>;

beforeAll(async () => {
  const folder = tempFolder(afterAll);
  putFile(folder, 'a.txt', 'hello');
  const server = await serve(folder, { port: 0, tokens: [TOKEN], exec: { programs: 'any' } });
  url = server.url.replace('//', `//${TOKEN}@`);
  close = () => {
    server.abort();
    return server.close();
  };
});

afterAll(() => close());

/** Starts `sealift exec ARGS` with a pipe for each of its streams. */
function start(...args: string[]) {
  const child = spawn(process.execPath, [PROGRAM, 'exec', '-s', url, ...args], { stdio: 'pipe' });
  onTestFinished(() => void child.kill('SIGKILL'));
  child.stdin.on('error', () => {});
  const ended = once(child, 'exit').then(([code, signal]) => code ?? signal);
  return { child, ended, stdout: buffer(child.stdout), stderr: buffer(child.stderr) };
}

test('output byte for byte, the exit code; input until its end', async () => {
  const bytes = someBytes(1_000_000, 8);
  const running = start('-c', 'cat; printf "\\033[2J\\377" >&2; exit 42');
  running.child.stdin.end(bytes);
  expect(await running.ended).toBe(42);
  expect(md5(await running.stdout)).toBe(md5(bytes));
  expect(await running.stderr).toEqual(Buffer.from('\u001b[2J\xff', 'latin1'));
});

test("arguments are the program's own, whatever they look like; a signal is 128 and its number", async () => {
  const args = ['', '-c', '--json', '007', '--', 'a b', '--help', '*'];
  const [printed, killed, plain] = await Promise.all([
    sealift(['exec', '-s', url, '--', 'printf', '<%s>', ...args]),
    sealift(['exec', '-s', url, '-c', 'kill -KILL $$']),
    sealift(['exec', '-s', url, 'ls', 'a.txt']),
  ]);
  expect(printed).toMatchObject({ code: 0, stdout: args.map((arg) => `<${arg}>`).join(''), stderr: '' });
  expect(killed).toMatchObject({ code: 137, stdout: '', stderr: '' });
  expect(plain).toMatchObject({ code: 0, stdout: 'a.txt\n' });
});

test('a program that ends before its input does ends the command at once', async () => {
  const running = start('--', 'sh', '-c', 'exit 3');
  running.child.stdin.write('x');
  expect(await running.ended).toBe(3);
});

test('what fails is told in one line that begins with "sealift:"', async () => {
  const results = await Promise.all(
    [['--', 'no-such\u001b[2J'], ['-l'], [], ['-c', 'x', '--', 'y'], ['-s', '127.0.0.1:1', '--', 'ls']].map(
      (args) => sealift(['exec', '-s', url, ...args]),
    ),
  );
  expect(results.map(({ code }) => code)).toEqual([3, 2, 2, 2, 5]);
  expect(results[0]?.stderr).toBe('sealift: no-such\\x1b[2J: no such program\n');
  expect(results[1]?.stderr).toContain(
    'no such option: -l; if it is for the program, write: sealift exec --',
  );
  expect(results[2]?.stderr).toContain('sealift: name a program');
  expect(results[3]?.stderr).toContain('sealift: either a program or -c');
  expect(results[4]?.stderr).toMatch(/^sealift: no server at/);
});

test('--json: an event a line', async () => {
  const running = start('--json', '-n', '-c', 'cat; printf "\\377"; printf e >&2; sleep 0.1; exit 5');
  expect(await running.ended).toBe(5);
  const events = (await running.stdout)
    .toString()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const output = events.slice(1, -1).sort((a, b) => (a.stream < b.stream ? 1 : -1));
  expect([events[0], ...output, events.at(-1)]).toEqual([
    { event: 'start' },
    { event: 'output', stream: 'stdout', data: '/w==' },
    { event: 'output', stream: 'stderr', data: 'ZQ==' },
    { event: 'end', exit: 5 },
  ]);
});

test('SIGTERM and SIGINT go to the program; a second one ends the command, and with it the program', async () => {
  for (const [name, word] of [
    ['SIGINT', 'INT'],
    ['SIGTERM', 'TERM'],
  ] as const) {
    const running = start(
      '-c',
      `trap 'echo got ${word}; sleep 200 & wait' ${word}; echo $$; sleep 200 & wait`,
    );
    const [line] = await once(running.child.stdout, 'data');
    const group = Number(String(line));
    const got = once(running.child.stdout, 'data');
    running.child.kill(name);
    expect(String((await got)[0])).toBe(`got ${word}\n`);
    running.child.kill(name);
    expect(await running.ended).toBe(130);
    await untilEmpty(group);
    expect(membersOf(group)).toEqual([]);
  }
});

test('nobody reads on: it ends quietly, and the program ends', async () => {
  const running = start('-c', 'echo $$; exec yes');
  running.stdout.catch(() => {});
  const [first] = await once(running.child.stdout, 'data');
  running.child.stdout.destroy();
  expect(await running.ended).toBe(0);
  expect((await running.stderr).toString()).toBe('');
  await untilEmpty(Number.parseInt(String(first), 10));
});

test('serve: the list is checked at the start, and what was asked for is in the log', async () => {
  const env = { SEALIFT_TOKEN: TOKEN };
  const serving = (exec: string, ofServer = env) =>
    sealift(['serve', tempFolder(), '--port', '0', '--exec', exec], { env: ofServer });
  const wrong = await Promise.all([
    serving('ls,no-such-program'),
    serving('ls,any'),
    serving('ls,../ls'),
    serving('ls', { SEALIFT_TOKEN: '' }),
  ]);
  expect(wrong.map(({ code }) => code)).toEqual([2, 2, 2, 2]);
  expect(wrong[0]?.stderr).toContain('"no-such-program": no such program');
  expect(wrong[1]?.stderr).toContain('"any" stands alone');
  expect(wrong[3]?.stderr).toContain('only for who has a token; add --token-file FILE');
  const server = await startServer(tempFolder(), ['--exec', 'ls,md5sum'], { env });
  const refused = await sealift(['exec', '-s', server.url, '--', 'touch', '\u001b[2J'], { env });
  expect(refused).toMatchObject({ code: 6, stdout: '' });
  expect(server.log()).toContain(' exec touch "\\u001b[2J" FORBIDDEN');
});

test.runIf(HAS_TMUX)(
  'in a terminal: output as it comes, typed input, and Ctrl-C for the program',
  async () => {
    const folder = tempFolder();
    const socket = join(folder, 'tmux');
    const tmux = (...words: string[]) => execFileSync('tmux', ['-S', socket, ...words], { encoding: 'utf8' });
    const remote =
      'trap \'echo interrupted; exit 9\' INT; echo ready; read line; echo "read $line"; sleep 200 & wait';
    const command = [process.execPath, PROGRAM, 'exec', '-s', url, '-c'].map((word) => `'${word}'`).join(' ');
    const script = join(folder, 'run.sh');
    // As an interactive shell does: Ctrl-C is for the command, not for the script.
    writeFileSync(script, `trap : INT\n${command} "$REMOTE"\necho "ended with $?"\nexec sleep 60\n`);
    tmux(
      '-f',
      '/dev/null',
      'new-session',
      '-d',
      '-x',
      '100',
      '-y',
      '30',
      '-e',
      `REMOTE=${remote}`,
      `sh '${script}'`,
    );
    onTestFinished(() => void spawnSync('tmux', ['-S', socket, 'kill-server']));
    const seen = async (text: string) => {
      for (;;) {
        const screen = tmux('capture-pane', '-p');
        if (screen.includes(text)) return screen;
        await pause(20);
      }
    };
    await seen('ready');
    tmux('send-keys', 'typed', 'Enter');
    await seen('read typed');
    tmux('send-keys', 'C-c');
    const last = await seen('ended with');
    expect(last).toContain('interrupted');
    expect(last).toContain('ended with 9');
  },
);
