// Draws what a terminal shows as SVG: node docs/terminal/draw-terminal.js TITLE < captured > picture.svg
// `captured` is text with ANSI colours, as `tmux capture-pane -e -p` prints it.
import { readFileSync } from 'node:fs';
import stringWidth from 'string-width';

const CELL = { width: 8.4, height: 19 };
const MARGIN = 16;
const BAR = 34;
const COLORS = ['#2e3440', '#e06c75', '#8fce9b', '#e5c07b', '#7aa2f7', '#c695c6', '#6cc5c0', '#d8dee9'];
const TEXT = '#d8dee9';

const title = process.argv[2] ?? 'sealift';
const lines = readFileSync(0, 'utf8').trimEnd().split('\n');

/** @param {string} text */
const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/**
 * One line as runs of equal style, each placed by the cells before it, so that columns stay aligned in any font.
 * @param {string} line
 * @param {number} y
 */
function drawLine(line, y) {
  let column = 0;
  let style = { fill: TEXT, bold: false, dim: false };
  let svg = '';
  for (const part of line.split(/(\x1b\[[0-9;]*m| {2,})/)) {
    if (part.startsWith('\x1b')) style = applied(style, part.slice(2, -1));
    else if (part !== '') {
      const x = MARGIN + column * CELL.width;
      const width = stringWidth(part) * CELL.width;
      const attributes = [
        `x="${x.toFixed(1)}" y="${y}" fill="${style.fill}" textLength="${width.toFixed(1)}"`,
        style.bold ? 'font-weight="bold"' : '',
        style.dim ? 'opacity="0.6"' : '',
      ];
      svg += `<text ${attributes.filter(Boolean).join(' ')} xml:space="preserve">${escaped(part)}</text>`;
      column += stringWidth(part);
    }
  }
  return svg;
}

/**
 * @param {{ fill: string, bold: boolean, dim: boolean }} style
 * @param {string} codes
 */
function applied(style, codes) {
  let next = { ...style };
  for (const code of codes.split(';').map(Number)) {
    if (code === 0) next = { fill: TEXT, bold: false, dim: false };
    else if (code === 1) next.bold = true;
    else if (code === 2) next.dim = true;
    else if (code === 22) next = { ...next, bold: false, dim: false };
    else if (code === 39) next.fill = TEXT;
    else if (code >= 30 && code <= 37) next.fill = COLORS[code - 30] ?? TEXT;
    else if (code >= 90 && code <= 97) next.fill = COLORS[code - 90] ?? TEXT;
  }
  return next;
}

const columns = Math.max(...lines.map((line) => stringWidth(line)), 60);
const width = Math.ceil(columns * CELL.width + 2 * MARGIN);
const height = lines.length * CELL.height + BAR + 2 * MARGIN;
const body = lines.map((line, at) => drawLine(line, BAR + MARGIN + (at + 0.8) * CELL.height)).join('\n');
console.log(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>${escaped(title)}</title>
<rect width="${width}" height="${height}" rx="10" fill="#1b1f2a"/>
<circle cx="20" cy="17" r="6" fill="#e06c75"/><circle cx="40" cy="17" r="6" fill="#e5c07b"/><circle cx="60" cy="17" r="6" fill="#8fce9b"/>
<text x="${width / 2}" y="22" fill="#7b8496" font-family="sans-serif" font-size="13" text-anchor="middle">${escaped(title)}</text>
<g font-family="ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', 'Noto Sans Mono CJK SC', monospace" font-size="14">
${body}
</g>
</svg>`);
