import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FrameDecoder } from '#sealift/protocol/frame-decoder.js';
import { parseExecFrame, parseExecInput } from '#sealift/protocol/messages/exec-frames.js';
import { OPS, parseRequest } from '#sealift/protocol/messages/request.js';
import { ProtocolError } from '#sealift/protocol/protocol-error.js';
import { frame } from '../../helpers/wire.js';

type Header = Record<string, unknown>;

describe('a request', () => {
  test.each<Header>([
    { op: 'exec', argv: ['ls', '-l', '', 'ä b', '--', '-'] },
    { op: 'exec', id: 7, shell: 'ls | wc -l' },
    { op: 'exec', argv: Array.from({ length: 1_024 }, () => 'x') },
  ])('%o is one', (header) => {
    expect(parseRequest(header)).toEqual(header);
  });

  test.each<[Header, string]>([
    [{}, 'either argv or shell'],
    [{ argv: ['ls'], shell: 'ls' }, 'either argv or shell'],
    [{ argv: [] }, 'argv: not 1 to 1024 strings'],
    [{ argv: Array.from({ length: 1_025 }, () => 'x') }, 'argv: not 1 to 1024 strings'],
    [{ argv: [''] }, 'argv.0: empty'],
    [{ argv: ['', 'x'] }, 'argv.0: empty'],
    [{ argv: ['ls', 'a\0b'] }, 'argv.1: not text without'],
    [{ argv: ['ls\0'] }, 'argv.0: not text without'],
    [{ argv: ['ls', '\ud800'] }, 'argv.1: not text without'],
    [{ argv: ['ls', 5] }, 'argv.1: not text without'],
    [{ argv: ['ls', null] }, 'argv.1: not text without'],
    [{ argv: ['ls', ['-l']] }, 'argv.1: not text without'],
    [{ argv: 'ls' }, 'argv: not an array'],
    [{ argv: { 0: 'ls', length: 1 } }, 'argv: not an array'],
    [{ argv: null }, 'argv: not an array'],
    [{ shell: '' }, 'shell: not text, not empty'],
    [{ shell: 'ls\0' }, 'shell: not text, not empty'],
    [{ shell: ['ls'] }, 'shell: not text, not empty'],
    [{ shell: null }, 'shell: not text, not empty'],
  ])('%o is none', (fields, says) => {
    const parse = () => parseRequest({ op: 'exec', ...fields });
    expect(parse).toThrow(ProtocolError);
    expect(parse).toThrow(`exec: ${says}`);
  });

  test('where it is not offered it is like an unknown op, right or wrong', () => {
    const offered = OPS.filter((op) => op !== 'exec');
    for (const header of [{ op: 'exec', argv: ['ls'] }, { op: 'exec', argv: [] }, { op: 'exec' }]) {
      expect(() => parseRequest(header, offered)).toThrow(
        expect.objectContaining({ code: 'UNSUPPORTED', message: 'op "exec" is not offered' }),
      );
    }
    expect(() => parseRequest({ op: 'exez' })).toThrow('op "exez" is not offered');
  });
});

describe('input', () => {
  test.each<[Header, Header | null]>([
    [
      { stream: 'stdin', length: 5, id: 1 },
      { stream: 'stdin', length: 5 },
    ],
    [
      { stream: 'stdin', length: 0 },
      { stream: 'stdin', length: 0 },
    ],
    [{ signal: 'SIGINT' }, { signal: 'SIGINT' }],
    [{ signal: 'SIGQUIT', later: 1 }, { signal: 'SIGQUIT' }],
    [{ op: 'get', stream: 'stdin', length: 5 }, null],
    [{ op: 5, signal: 'SIGINT' }, null],
    [{ length: 5 }, null],
    [{}, null],
  ])('%o: %o', (header, input) => {
    expect(parseExecInput(header)).toEqual(input);
  });

  test.each<Header>([
    { stream: 'stdout', length: 5 },
    { stream: 'stdin' },
    { stream: 'stdin', length: -1 },
    { stream: 'stdin', length: '5' },
    { stream: null, length: 5 },
    { signal: 'SIGKILL' },
    { signal: 'SIGSTOP' },
    { signal: 'sigint' },
    { signal: 2 },
    { signal: ['SIGINT'] },
  ])('%o is wrong', (header) => {
    expect(() => parseExecInput(header)).toThrow(ProtocolError);
  });
});

describe('what a program sends', () => {
  test.each<Header>([
    { stream: 'stdout', length: 5 },
    { id: 'x', stream: 'stderr', length: 0 },
    { exit: 0 },
    { id: 3, exit: 255 },
    { exit: 143, timeout: true },
    { signal: 'SIGTERM', timeout: true },
    { signal: 'SIGUSR1' },
  ])('%o', (header) => {
    expect(parseExecFrame(header)).toEqual(header);
  });

  test.each<Header>([
    {},
    { ok: true },
    { stream: 'stdin', length: 5 },
    { stream: 'stdout' },
    { exit: 256 },
    { exit: -1 },
    { exit: '0' },
    { signal: 'TERM' },
    { signal: 'SIG\u001b[2J' },
    { signal: 15 },
    { exit: 0, timeout: 'yes' },
  ])('%o is wrong', (header) => {
    expect(() => parseExecFrame(header)).toThrow(ProtocolError);
  });

  test('a failure in place of the end', () => {
    expect(() => parseExecFrame({ ok: false, code: 'INTERNAL', message: 'x' })).toThrow(
      expect.objectContaining({ code: 'INTERNAL' }),
    );
  });
});

test('a conversation comes out the same however it is cut', () => {
  const piece = fc.record({
    stream: fc.constantFrom('stdout', 'stderr'),
    bytes: fc.uint8Array({ maxLength: 300 }),
  });
  const conversation = fc.array(piece, { maxLength: 8 });
  const cuts = fc.array(fc.integer({ min: 1, max: 400 }), { maxLength: 60 });
  const output = (pieces: Buffer[]) => {
    const decoder = new FrameDecoder();
    const seen = { stdout: '', stderr: '', end: null as unknown };
    let stream: 'stdout' | 'stderr' = 'stdout';
    for (const bytes of pieces) {
      decoder.push(bytes);
      for (let event = decoder.next(); event; event = decoder.next()) {
        if (event.kind === 'body') {
          seen[stream] += event.bytes.toString('hex');
          continue;
        }
        const parsed = parseExecFrame(event.header);
        if (!('stream' in parsed)) seen.end = parsed;
        else {
          stream = parsed.stream;
          decoder.expectBody(parsed.length);
        }
      }
    }
    expect(decoder.atBoundary).toBe(true);
    return seen;
  };
  fc.assert(
    fc.property(conversation, cuts, (pieces, cutAt) => {
      const bytes = Buffer.concat([
        ...pieces.flatMap(({ stream, bytes }) => [frame({ stream, length: bytes.length }), bytes]),
        frame({ exit: 3 }),
      ]);
      const expected = { stdout: '', stderr: '', end: { exit: 3 } } as Record<string, unknown>;
      for (const { stream, bytes } of pieces) expected[stream] += Buffer.from(bytes).toString('hex');
      expect(output([bytes])).toEqual(expected);
      expect(output([...bytes].map((byte) => Buffer.from([byte])))).toEqual(expected);
      const split: Buffer[] = [];
      let rest = bytes;
      for (const length of cutAt) {
        split.push(rest.subarray(0, length));
        rest = rest.subarray(length);
      }
      expect(output([...split, rest].filter(({ length }) => length > 0))).toEqual(expected);
    }),
    { numRuns: 60 },
  );
});
