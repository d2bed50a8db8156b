import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { sealift, startCli } from '../helpers/cli.js';
import { maliciousServer } from '../helpers/wire.js';

/** Answers so many pings on each connection, and counts connections. */
async function answering(most: number) {
  const seen = { connections: 0, pings: 0 };
  const url = await maliciousServer(async (wire) => {
    seen.connections++;
    for (let count = 0; count < most; count++) {
      const { payload } = await wire.header();
      seen.pings++;
      wire.send({ ok: true, payload });
    }
    await wire.header();
    wire.socket.destroy();
  });
  return { url, seen };
}

const ANSWER = /^answer 1 from sealift:\/\/127\.0\.0\.1:\d+: [\d.]+ ms$/m;

test('a line for each answer, on one connection, and a summary', async () => {
  const { url, seen } = await answering(100);
  const { code, stdout, stderr } = await sealift(['ping', '-s', url, '-i', '1ms']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(ANSWER);
  const summary = /^4 answers: round trip minimum ([\d.]+) ms, median ([\d.]+) ms, maximum ([\d.]+) ms$/m;
  const [least = 0, middle = 0, most = 0] = (summary.exec(stdout) ?? []).slice(1).map(Number);
  expect(stdout).toMatch(summary);
  expect(least <= middle && middle <= most).toBe(true);
  expect(seen).toEqual({ connections: 1, pings: 4 });
});

test('--json', async () => {
  const { url } = await answering(100);
  const { stdout } = await sealift(['ping', '-s', url, '-c', '3', '-i', '1ms', '--json']);
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const milliseconds = expect.any(Number);
  expect(lines).toEqual([
    { event: 'answer', number: 1, milliseconds },
    { event: 'answer', number: 2, milliseconds },
    { event: 'answer', number: 3, milliseconds },
    { event: 'summary', answers: 3, minimum: milliseconds, median: milliseconds, maximum: milliseconds },
  ]);
  const times = lines
    .slice(0, 3)
    .map((line) => line.milliseconds)
    .sort((a, b) => a - b);
  expect(lines[3]).toMatchObject({ minimum: times[0], median: times[1], maximum: times[2] });
});

test('a server that leaves: what was answered, and exit 5; none at all; another protocol', async () => {
  const { url } = await answering(2);
  const left = await sealift(['ping', '-s', url, '-i', '1ms']);
  expect(left).toMatchObject({ code: 5 });
  expect(left.stdout).toMatch(/^2 answers: round trip minimum /m);
  expect(left.stderr).toMatch(/^sealift: .*\n$/);
  expect(await sealift(['ping', '-s', '127.0.0.1:1'])).toMatchObject({ code: 5, stdout: '' });
  const http = await maliciousServer((wire) => wire.write('HTTP/1.1 400 Bad Request\r\n\r\n'));
  expect(await sealift(['ping', '-s', http])).toMatchObject({ code: 8, stdout: '' });
});

test('Ctrl-C: the summary and exit 0 if there was an answer, else exit 130', async () => {
  const { url } = await answering(1_000_000);
  const running = startCli(['ping', '-s', url, '-c', '1000', '-i', '1h']);
  await once(running.child.stdout as Readable, 'data');
  running.child.kill('SIGINT');
  const { code, stdout, stderr } = await running.result;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^1 answer: round trip minimum ([\d.]+ ms), median \1, maximum \1$/m);

  let asked = () => {};
  const isAsked = new Promise<void>((resolve) => (asked = resolve));
  const silent = await maliciousServer(async (wire) => {
    await wire.header();
    asked();
  });
  const waiting = startCli(['ping', '-s', silent]);
  await isAsked;
  waiting.child.kill('SIGINT');
  expect(await waiting.result).toMatchObject({ code: 130, stdout: '', stderr: 'sealift: interrupted\n' });
});
