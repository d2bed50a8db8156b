import { expect, test } from 'vitest';
import { encodeFrame } from '#sealift/protocol/frame-encoder.js';
import { ProtocolError } from '#sealift/protocol/protocol-error.js';

test('length, big end first, then the header', () => {
  expect(encodeFrame({ a: 1 }).toString('latin1')).toBe('\0\0\0\x07{"a":1}');
  expect(encodeFrame({}).toString('latin1')).toBe('\0\0\0\x02{}');
});

test('the length is in bytes', () => {
  expect(encodeFrame({ a: 'ä😀' })).toEqual(Buffer.from('\0\0\0\x0e{"a":"ä😀"}'));
});

test('an unpaired surrogate goes out as an escape: the frame is valid UTF-8', () => {
  expect(encodeFrame({ a: '\ud800' }).toString('latin1')).toBe('\0\0\0\x0e{"a":"\\ud800"}');
});

test('a header has at most 65,536 bytes', () => {
  const overhead = '{"a":""}'.length;
  const frame = encodeFrame({ a: 'x'.repeat(65_536 - overhead) });
  expect(frame.length).toBe(4 + 65_536);
  expect(frame.subarray(0, 4).toString('hex')).toBe('00010000');
  expect(() => encodeFrame({ a: 'x'.repeat(65_537 - overhead) })).toThrow(ProtocolError);
  expect(() => encodeFrame({ a: 'ä'.repeat(32_765) })).toThrow(ProtocolError);
});
