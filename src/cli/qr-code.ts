import { encode } from 'uqr';

/** Modules of light around it, as the standard has it: without them cameras do not find it. */
const QUIET_ZONE = 4;
/** Two modules, one above the other, in the space of one character; `1` is dark. */
const HALVES: Record<string, string> = { '00': '█', '01': '▀', '10': '▄', '11': ' ' };
/** What is light has to be so on a light terminal too. */
const WHITE_ON_BLACK = '\x1b[97;40m';
const RESET = '\x1b[0m';

export interface Terminal {
  columns: number;
  rows: number;
  hasColors: boolean;
}

/** A QR code as lines for a terminal; null if it has no room for it. */
export function qrCode(text: string, { columns, rows, hasColors }: Terminal): string[] | null {
  const { data, size } = encode(text, { border: QUIET_ZONE });
  // One that is scrolled away in part, or broken into two lines, is none; and beside it stands what it is.
  if (size > columns || Math.ceil(size / 2) + 2 > rows) return null;
  const lines: string[] = [];
  for (let row = 0; row < size; row += 2) {
    let line = '';
    for (let column = 0; column < size; column++) {
      const below = row + 1 < size && data[row + 1]?.[column];
      line += HALVES[`${Number(data[row]?.[column])}${Number(below)}`];
    }
    lines.push(hasColors ? `${WHITE_ON_BLACK}${line}${RESET}` : line);
  }
  return lines;
}
