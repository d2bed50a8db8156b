/** True for names with the text somewhere in them, in either case: as the server searches (docs/http.md). */
export function matcher(text: string): (name: string) => boolean {
  const wanted = text.normalize('NFC').toLowerCase();
  return (name) => name.toLowerCase().includes(wanted);
}

/** A name in three: what stands before the first match, the match, and the rest. */
export function splitAtMatch(name: string, text: string): [string, string, string] {
  const wanted = text.normalize('NFC').toLowerCase();
  const lower = name.toLowerCase();
  const at = wanted === '' ? -1 : lower.indexOf(wanted);
  // A few letters are longer in lower case: then places in one are not those in the other.
  if (at < 0 || lower.length !== name.length) return [name, '', ''];
  return [name.slice(0, at), name.slice(at, at + wanted.length), name.slice(at + wanted.length)];
}
