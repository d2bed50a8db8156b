/** What can move a cursor, start an escape sequence, break a line, or turn text round (Unicode TR36, section 3.2). */
const UNSAFE = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Cs}]/gu;

/**
 * Text from a peer, safe to print: one line, and nothing a terminal acts on. Control characters become visible
 * (`\n`, `\x1b`, `\u{202e}`); all else stays as it is.
 */
export function escapeControls(text: string): string {
  return text.replace(UNSAFE, (char) => {
    const code = char.codePointAt(0) ?? 0;
    if (char === '\n') return '\\n';
    if (char === '\r') return '\\r';
    if (char === '\t') return '\\t';
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
  });
}
