export interface ByteRange {
  offset: number;
  length: number;
}

/** So many bytes of the field are looked at; a longer one asks for many ranges, or is no honest one. */
const FIELD_MAX = 256;

/**
 * What a Range field asks for (RFC 9110, section 14.2). `null`: the whole file, as for several ranges, other units and what is malformed.
 * `'none'`: none of the bytes that are there.
 */
export function parseRange(field: string | undefined, size: number): ByteRange | 'none' | null {
  if (field === undefined || field.length > FIELD_MAX) return null;
  const [, first = '', last = ''] = /^bytes=[ \t]*(\d*)-(\d*)[ \t]*$/i.exec(field) ?? [];
  if (first === '' && last === '') return null;
  if (first === '') {
    const length = Math.min(Number(last), size);
    return length === 0 ? 'none' : { offset: size - length, length };
  }
  const offset = Number(first);
  const end = last === '' ? size : Math.min(Number(last) + 1, size);
  if (last !== '' && Number(last) < offset) return null;
  return offset >= size ? 'none' : { offset, length: end - offset };
}
