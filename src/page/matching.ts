/** True for names with the text somewhere in them, in either case: as the server searches (docs/http.md). */
export function matcher(text: string): (name: string) => boolean {
  const wanted = text.normalize('NFC').toLowerCase();
  return (name) => name.toLowerCase().includes(wanted);
}
