const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text that means nothing in HTML or XML, in an attribute either. Control characters, which no name has, are replaced. */
export function escapeMarkup(text: string): string {
  return text
    .replace(/[&<>"']/g, (char) => ENTITIES[char] as string)
    .replace(/[\0-\x08\x0b\x0c\x0e-\x1f]/g, '\ufffd');
}

/** The same for XML, which cannot hold all that a name can: what is replaced there is another name, and not to be asked for. */
export function escapeXml(text: string): string {
  return escapeMarkup(text).replace(/[\ufffe\uffff]/g, '\ufffd');
}
