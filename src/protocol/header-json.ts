import { HEADER_DEPTH_MAX } from './limits.js';
import { ProtocolError } from './protocol-error.js';

export type JsonObject = Record<string, unknown>;

// `fatal`: invalid and overlong UTF-8 is refused, not replaced. `ignoreBOM` keeps a BOM, which JSON.parse then refuses.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Decodes the N bytes of a frame: one JSON object in valid UTF-8, no field twice, at most 16 deep.
 * @throws ProtocolError
 */
export function decodeHeader(bytes: Uint8Array): JsonObject {
  const text = decodeText(bytes);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ProtocolError('header is not valid JSON', { cause });
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw new ProtocolError('header is not a JSON object');
  }
  if (!isFlatWithoutRepeats(bytes, value as JsonObject)) checkStructure(text);
  return value as JsonObject;
}

/** @throws ProtocolError */
export function decodeText(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw new ProtocolError('header is not valid UTF-8', { cause });
  }
}

/**
 * True only if nothing is nested and no field is named twice, found by counting: each field takes two quotes, and two more
 * if its value is a string. Where a field was named twice JSON.parse has kept one, and the text has more quotes than the
 * object needs. Most headers are flat, and to walk them costs more than to parse them.
 */
function isFlatWithoutRepeats(bytes: Uint8Array, value: JsonObject): boolean {
  let quotes = 0;
  for (let at = 1; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === 0x22 /* " */) quotes++;
    else if (byte === 0x7b /* { */ || byte === 0x5b /* [ */) return false;
  }
  for (const field in value) quotes -= typeof value[field] === 'string' ? 4 : 2;
  return quotes === 0;
}

/**
 * JSON.parse keeps the last of two equal fields, so two readers may see two different headers. This walks text
 * that is known to be valid JSON, in one pass and without recursion.
 */
function checkStructure(text: string): void {
  const open: (Set<string> | null)[] = [];
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case 0x7b /* { */:
      case 0x5b /* [ */:
        open.push(text[at] === '{' ? new Set() : null);
        if (open.length > HEADER_DEPTH_MAX) throw new ProtocolError('header is nested too deep');
        break;
      case 0x7d /* } */:
      case 0x5d /* ] */:
        open.pop();
        break;
      case 0x22 /* " */:
        {
          const end = endOfString(text, at);
          const fields = open.at(-1);
          if (fields && isKey(text, end)) {
            const raw = text.slice(at, end);
            const key: string = raw.includes('\\') ? JSON.parse(raw) : raw.slice(1, -1);
            if (fields.has(key)) throw new ProtocolError('header names a field twice');
            fields.add(key);
          }
          at = end - 1;
          break;
        }
    }
  }
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (text.charCodeAt(at) !== 0x22) at += text.charCodeAt(at) === 0x5c ? 2 : 1;
  return at + 1;
}

function isKey(text: string, end: number): boolean {
  let at = end;
  while (text.charCodeAt(at) <= 0x20) at++;
  return text.charCodeAt(at) === 0x3a;
}
