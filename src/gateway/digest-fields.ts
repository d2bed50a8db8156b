/**
 * Fields that tell a digest of the whole file, also with a part of it: `Repr-Digest` (RFC 9530), `Digest` (RFC 3230) and
 * `Content-MD5` (RFC 1864), by which older programs verify.
 */
export function digestFields({ md5, sha256, isWhole }: WholeDigests): Record<string, string> {
  const md5Text = base64(md5);
  const fields: Record<string, string> =
    sha256 === null
      ? { 'Repr-Digest': `md5=:${md5Text}:`, Digest: `MD5=${md5Text}` }
      : {
          'Repr-Digest': `md5=:${md5Text}:, sha-256=:${base64(sha256)}:`,
          Digest: `MD5=${md5Text},SHA-256=${base64(sha256)}`,
        };
  // Of what is sent, unlike the others.
  if (isWhole) fields['Content-MD5'] = md5Text;
  return fields;
}

export interface WholeDigests {
  /** Hex. */
  md5: string;
  sha256: string | null;
  /** All of the file is sent. */
  isWhole: boolean;
}

/** True if a `Want-Repr-Digest` field prefers SHA-256, or knows nothing else: `sha-256=10, md5=3`. */
export function wantsSha256(field: string | string[] | undefined): boolean {
  const weights = new Map<string, number>();
  for (const [, name = '', weight] of String(field ?? '').matchAll(/([a-z0-9-]+)\s*=\s*(\d{1,2})/gi)) {
    weights.set(name.toLowerCase(), Number(weight));
  }
  return (weights.get('sha-256') ?? 0) > 0;
}

function base64(hex: string): string {
  return Buffer.from(hex, 'hex').toString('base64');
}
