import { FIELDS, VALID_HEADERS, VALUES } from './fuzz-values.js';

/** @typedef {import('./seeded-random.js').SeededRandom} SeededRandom */

const LENGTHS = [0, 1, 2, 3, 65_535, 65_536, 65_537, 0x7fffffff, 0x80000000, 0xffffffff];
/** Structure, numbers and strings of JSON, and bytes that are no UTF-8 alone. */
const TELLING_BYTES = Buffer.from('{}[]":,\\ \n0-9eE.tfn\x00\x1f\x7f\x80\xbf\xc0\xe2\xed\xf4\xff', 'latin1');
const VALID_TEXTS = VALID_HEADERS.map((header) => JSON.stringify(header));
const VALID_FRAMES = VALID_TEXTS.map((text) => frame(Buffer.from(text)));

/**
 * @param {Buffer} header
 * @param {number} [length] what the prefix says
 */
function frame(header, length = header.length) {
  const bytes = Buffer.allocUnsafe(4 + header.length);
  bytes.writeUInt32BE(length);
  header.copy(bytes, 4);
  return bytes;
}

/**
 * One input: bytes as a peer might send them, one frame or a few, most of them wrong.
 * @param {SeededRandom} random
 */
export function fuzzInput(random) {
  const draw = random.next();
  if (draw < 0.45) return mutated(random);
  if (draw < 0.55) return randomBytes(random);
  if (draw < 0.93) return frame(Buffer.from(oddHeader(random)));
  if (draw < 0.96) return frame(brokenText(random));
  if (draw < 0.98)
    return Buffer.concat([random.pick(VALID_FRAMES), mutated(random), random.pick(VALID_FRAMES)]);
  if (draw < 0.999) return frame(Buffer.from(random.pick(VALID_TEXTS)), random.pick(LENGTHS));
  return frame(Buffer.from(deepHeader(random)));
}

/** @param {SeededRandom} random */
function mutated(random) {
  let bytes = Buffer.from(random.pick(VALID_FRAMES));
  for (let left = random.integer(1, 3); left > 0; left--) bytes = mutate(random, bytes);
  // Mostly with a prefix that fits, or few mutations would get past it.
  if (bytes.length >= 4 && random.chance(0.8)) bytes.writeUInt32BE(bytes.length - 4);
  return bytes;
}

/**
 * @param {SeededRandom} random
 * @param {Buffer} bytes
 */
function mutate(random, bytes) {
  const at = random.integer(0, bytes.length);
  const end = Math.min(bytes.length, at + random.integer(1, 12));
  switch (random.integer(0, 6)) {
    case 0:
      if (at < bytes.length) bytes[at] = /** @type {number} */ (bytes[at]) ^ (1 << random.integer(0, 7));
      return bytes;
    case 1:
      if (at < bytes.length) bytes[at] = random.pick(TELLING_BYTES);
      return bytes;
    case 2:
      return Buffer.concat([
        bytes.subarray(0, at),
        Buffer.of(random.pick(TELLING_BYTES)),
        bytes.subarray(at),
      ]);
    case 3:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(end)]);
    case 4:
      return Buffer.concat([bytes.subarray(0, end), bytes.subarray(at)]);
    case 5:
      return Buffer.concat([
        bytes.subarray(0, at),
        random.pick(VALID_FRAMES).subarray(random.integer(0, 20)),
      ]);
    default:
      return Buffer.concat([bytes.subarray(0, at), Buffer.from(random.pick(VALUES)), bytes.subarray(end)]);
  }
}

/** @param {SeededRandom} random */
function randomBytes(random) {
  const bytes = Buffer.allocUnsafe(random.integer(0, 64));
  for (let at = 0; at < bytes.length; at++) bytes[at] = random.integer(0, 255);
  return random.chance(0.7) ? frame(bytes) : bytes;
}

/**
 * JSON text of an object whose fields are there or not, of their own type or another, now and then twice.
 * @param {SeededRandom} random
 */
function oddHeader(random) {
  const fields = new Map(
    Object.entries(random.pick(VALID_HEADERS)).map(([field, value]) => [
      JSON.stringify(field),
      random.chance(0.2) ? random.pick(VALUES) : JSON.stringify(value),
    ]),
  );
  if (random.chance(0.15)) fields.delete(random.pick([...fields.keys()]));
  for (let more = random.integer(0, 2); more > 0; more--) {
    fields.set(JSON.stringify(random.pick(FIELDS)), random.pick(VALUES));
  }
  const pairs = [...fields];
  if (random.chance(0.04) && pairs.length > 0) pairs.push(random.pick(pairs));
  const space = random.chance(0.1) ? random.pick([' ', '\n', '\t\r ', '\u00a0', '\v']) : '';
  return `{${space}${pairs.map(([field, value]) => `${field}${space}:${value}`).join(`${space},`)}}${space}`;
}

/** @param {SeededRandom} random */
function brokenText(random) {
  const text = Buffer.from(random.pick([...VALUES, ...VALID_TEXTS]));
  const bad = random.pick([
    '\xc0\x80',
    '\xed\xa0\x80',
    '\xf4\x90\x80\x80',
    '\xff',
    '\xe2\x82',
    '\xef\xbb\xbf',
  ]);
  const at = random.chance(0.3) ? 0 : random.integer(0, text.length);
  return Buffer.concat([text.subarray(0, at), Buffer.from(bad, 'latin1'), text.subarray(at)]);
}

/** @param {SeededRandom} random */
function deepHeader(random) {
  const depth = random.chance(0.7) ? random.integer(14, 18) : random.integer(19, 30_000);
  const isObject = random.chance(0.5);
  const [open, close] = isObject && depth < 10_000 ? ['{"a":', '}'] : ['[', ']'];
  const inner = `${open.repeat(depth)}1${random.chance(0.9) ? close.repeat(depth) : ''}`;
  return `{"op":"ping","x":${inner}}`.slice(0, 65_536);
}

/**
 * Cuts the bytes anyhow: whole, byte by byte, or in a few pieces.
 * @param {SeededRandom} random
 * @param {Buffer} bytes
 * @returns {Buffer[]}
 */
export function cut(random, bytes) {
  const draw = random.next();
  if (draw < 0.5 || bytes.length < 2) return [bytes];
  if (draw < 0.53 && bytes.length < 200) return Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));
  const at = random.integer(1, bytes.length - 1);
  if (draw < 0.85) return [bytes.subarray(0, at), bytes.subarray(at)];
  const second = random.integer(at, bytes.length);
  return [bytes.subarray(0, at), bytes.subarray(at, second), bytes.subarray(second)];
}
