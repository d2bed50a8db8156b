/**
 * docs/protocol.md once more, written without Sealift's own schemas: what a header of each kind must look like. What the
 * codec takes and what it refuses is held against it.
 * @typedef {Record<string, unknown>} Header
 * @typedef {(value: unknown) => boolean} Rule
 */

/** @type {Rule} */
const isText = (value) => typeof value === 'string';
/** @type {Rule} */
const isFlag = (value) => value === true || value === false;
/** @type {Rule} */
const isInteger = (value) => Number.isSafeInteger(value);
/** @type {Rule} */
const isCount = (value) => Number.isSafeInteger(value) && Number(value) >= 0;
/** @param {number} digits @returns {Rule} */
const isHex = (digits) => (value) =>
  typeof value === 'string' &&
  value.length === digits &&
  [...value].every((c) => '0123456789abcdef'.includes(c));
const isMd5 = isHex(32);
/** @type {Rule} */
const isMd5OrNull = (value) => value === null || isMd5(value);
/** @type {Rule} */
const isId = (value) =>
  isInteger(value) || (typeof value === 'string' && Buffer.byteLength(JSON.stringify(value)) <= 16_384);
/** @param {number} max @returns {Rule} */
const isTextUpTo = (max) => (value) => typeof value === 'string' && value.length <= max;
/** @param {number} min @param {number} max @returns {Rule} */
const isFromTo = (min, max) => (value) => isInteger(value) && Number(value) >= min && Number(value) <= max;
/** @type {Rule} */
const isPayload = (value) => typeof value === 'string' && value.length <= 1_024;

/** Fields that may be missing end in a question mark. @type {Record<string, Record<string, Rule>>} */
const REQUESTS = {
  get: { name: isText, 'offset?': isCount, 'length?': isCount, 'ifMd5?': isMd5, 'defer?': isFlag },
  stat: { name: isText, 'fresh?': isFlag, 'progress?': isFlag },
  list: {
    'pattern?': isText,
    'after?': isText,
    'limit?': (value) => isCount(value) && Number(value) >= 1 && Number(value) <= 1_000,
  },
  manifest: { name: isText, 'fresh?': isFlag, 'progress?': isFlag },
  ping: { 'payload?': isPayload },
  hello: {
    'versions?': (value) => Array.isArray(value) && value.every(isInteger),
    'token?': isText,
    'share?': isTextUpTo(2_048),
    'session?': isTextUpTo(128),
  },
  share: { pattern: isText, 'expires?': isFromTo(1, 315_360_000), 'uses?': isFromTo(1, 1_000) },
  shares: { 'after?': isHex(12), 'limit?': isFromTo(1, 1_000) },
  revoke: { link: isHex(12) },
};

const FILE = { name: isText, type: isText, size: isCount, mtime: isInteger };
/** @type {Record<string, Record<string, Rule>>} */
const REPLIES = {
  get: {
    ...FILE,
    md5: isMd5OrNull,
    'root?': isHex(64),
    'deferred?': isFlag,
    offset: isCount,
    length: isCount,
  },
  stat: { ...FILE, md5: isMd5, 'root?': isHex(64) },
  trailer: { md5: isMd5 },
  list: {
    count: (value) => isCount(value) && Number(value) <= 1_000,
    length: (value) => isCount(value) && Number(value) <= 4_096_000,
    next: (value) => value === null || isText(value),
  },
  manifest: {
    name: isText,
    size: isCount,
    md5: isMd5,
    digest: (value) => value === 'blake3',
    chunkSize: (value) => isCount(value) && Number(value) >= 1,
    count: isCount,
    length: isCount,
  },
  ping: { payload: isPayload },
  share: {
    link: isHex(12),
    capability: (value) => typeof value === 'string' && /^[\w-]{1,2048}$/.test(value),
    pattern: isText,
    expiresAt: (value) => value === null || isInteger(value),
    uses: (value) => value === null || isFromTo(1, 1_000)(value),
  },
  shares: {
    count: isFromTo(0, 1_000),
    length: isFromTo(0, 8_192_000),
    next: (value) => value === null || isHex(12)(value),
  },
  revoke: {},
  hello: {
    version: isInteger,
    server: isText,
    limits: (value) => value !== null && typeof value === 'object' && !Array.isArray(value),
    capabilities: (value) => Array.isArray(value) && value.every(isText),
  },
};

/** What no rule for one field says. @type {Record<string, (header: any) => boolean>} */
const BETWEEN_FIELDS = {
  get: ({ offset, length, size, md5, deferred }) =>
    offset + length <= size && (md5 === null) === (deferred === true),
  manifest: ({ size, chunkSize, count, length }) =>
    count === Math.ceil(size / chunkSize) && length === 32 * count,
};

/**
 * @param {Header} header
 * @param {Record<string, Rule>} rules
 */
function keeps(header, rules) {
  return Object.entries({ ...rules, 'id?': isId }).every(([field, rule]) => {
    const isOptional = field.endsWith('?');
    const value = header[isOptional ? field.slice(0, -1) : field];
    return (isOptional && value === undefined) || rule(value);
  });
}

/**
 * What must become of a request: it is taken, or the error's code.
 * @param {Header} header
 */
export function requestOutcome(header) {
  if (typeof header.op !== 'string') return 'PROTOCOL';
  if (header.length !== undefined && !isCount(header.length)) return 'PROTOCOL';
  if (!Object.hasOwn(REQUESTS, header.op)) return 'UNSUPPORTED';
  return keeps(header, /** @type {Record<string, Rule>} */ (REQUESTS[header.op])) ? 'taken' : 'PROTOCOL';
}

export const REPLY_KINDS = Object.keys(REPLIES);
const CODES = new Set(
  'BAD_REQUEST UNSUPPORTED VERSION NOT_FOUND CORRUPT CHANGED RANGE CONFLICT BUSY TOO_LARGE FORBIDDEN UNAUTHORIZED TIMEOUT INTERNAL'.split(
    ' ',
  ),
);

/**
 * What must become of a reply of this kind: it is taken, or the error's code.
 * @param {string} kind
 * @param {Header} header
 */
export function replyOutcome(kind, header) {
  if (header.ok === false) {
    if (!keeps(header, { code: isText, 'message?': isText })) return 'PROTOCOL';
    return CODES.has(String(header.code)) ? header.code : 'INTERNAL';
  }
  const rules = /** @type {Record<string, Rule>} */ (REPLIES[kind]);
  const isRight = header.ok === true && keeps(header, rules) && (BETWEEN_FIELDS[kind]?.(header) ?? true);
  return isRight ? 'taken' : 'PROTOCOL';
}
