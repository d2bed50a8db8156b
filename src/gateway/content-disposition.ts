/** Nothing in it is to be replaced or encoded. */
const PLAIN = /^[\w.-]+$/;

/**
 * A Content-Disposition field (RFC 6266): the plain name for old programs, with what may not stand there replaced, and the real one as RFC 8187
 * encodes it. Nothing in a name ends the field or begins another one.
 */
export function contentDisposition(kind: 'inline' | 'attachment', file: string): string {
  if (PLAIN.test(file)) return `${kind}; filename="${file}"; filename*=UTF-8''${file}`;
  const plain = file.replace(/[^\x20-\x7e]|["%\\]/g, '_');
  const encoded = encodeURIComponent(file).replace(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `${kind}; filename="${plain}"; filename*=UTF-8''${encoded}`;
}
