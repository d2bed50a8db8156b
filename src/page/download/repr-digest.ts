const MD5_ITEM = /(?:^|,)[ \t]*md5[ \t]*=[ \t]*:([A-Za-z0-9+/]{22}==):[ \t]*(?=$|[,;])/;

/** The MD5 that a `Repr-Digest` field (RFC 9530) tells of the whole file, as hex; null if it tells none. */
export function md5OfReprDigest(field: string | null): string | null {
  const [, base64] = MD5_ITEM.exec(field ?? '') ?? [];
  if (base64 === undefined) return null;
  let hex = '';
  for (const character of atob(base64)) hex += character.charCodeAt(0).toString(16).padStart(2, '0');
  return hex;
}
