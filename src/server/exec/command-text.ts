/** Longest text of a command that is logged, in characters. */
const TEXT_MAX = 200;
const PLAIN = /^[\w./:=@%+,-]+$/;

/** A command of a request, right or wrong, in one text for the log; not safe to print. Undefined if there is none. */
export function commandText({ argv, shell }: Record<string, unknown>): string | undefined {
  const words = Array.isArray(argv) ? argv : typeof shell === 'string' ? ['sh', '-c', shell] : null;
  if (words === null) return undefined;
  let text = '';
  for (const word of words) {
    if (text.length > TEXT_MAX) break;
    const shown = typeof word === 'string' ? word.slice(0, TEXT_MAX + 1) : '?';
    text += `${text === '' ? '' : ' '}${PLAIN.test(shown) ? shown : JSON.stringify(shown)}`;
  }
  return text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}…` : text;
}
