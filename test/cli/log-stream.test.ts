import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { expect, onTestFinished, test } from 'vitest';
import { LogStream } from '#sealift/cli/log-stream.js';
import { PROGRAM } from '../helpers/cli.js';
import { tempFolder } from '../helpers/temp-folder.js';
import { Wire } from '../helpers/wire.js';

test('lines that nobody reads are counted, not kept', () => {
  const written: string[] = [];
  const waiting: (() => void)[] = [];
  const slow = new Writable({
    decodeStrings: false,
    write: (line: string, _encoding, done) => {
      written.push(line.slice(0, 10));
      waiting.push(done);
    },
  });
  const dropped: number[] = [];
  const lines = new LogStream(slow, (count) => dropped.push(count));
  const line = 'x'.repeat(100_000);
  for (let count = 0; count < 1_000; count++) lines.write(line);
  expect(slow.writableLength).toBeLessThan(1_300_000);
  expect(dropped).toEqual([]);
  while (waiting.length > 0) waiting.shift()?.();
  lines.write('again');
  expect(dropped).toEqual([1_000 - written.length + 1]);
  expect(written.length).toBeLessThan(20);
});

async function startUnread(args: string[]): Promise<{ child: ChildProcess; port: number }> {
  const child = spawn(process.execPath, [PROGRAM, 'serve', tempFolder(), '--port', '0', '--json', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  child.stderr?.pause();
  const [line] = await once(createInterface({ input: child.stdout as NodeJS.ReadableStream }), 'line');
  return { child, port: JSON.parse(line).port };
}

test.each(['pretty', 'json'])(
  'a server whose stderr nobody reads goes on, and stops when told (%s)',
  async (style) => {
    const { child, port } = await startUnread(['--log', style]);
    const wire = await Wire.to(port);
    for (let round = 0; round < 100; round++) {
      const payloads = Array.from({ length: 50 }, (_, nth) => `${round}.${nth}`);
      wire.send(...payloads.map((payload) => ({ op: 'ping', payload })));
      for (const payload of payloads) expect((await wire.header()).payload).toBe(payload);
    }
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
  },
);
