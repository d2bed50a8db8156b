/** Text inside an element or an attribute. @param {string} text */
export function escaped(text) {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** @typedef {Record<string, string | number | undefined>} Attributes */

/**
 * @param {string} name
 * @param {Attributes} attributes
 * @param {string} [content] SVG
 */
export function element(name, attributes, content) {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(
      ([key, value]) =>
        ` ${key}="${escaped(String(typeof value === 'number' ? Number(value.toFixed(2)) : value))}"`,
    );
  return content === undefined
    ? `<${name}${written.join('')}/>`
    : `<${name}${written.join('')}>${content}</${name}>`;
}

/**
 * @param {number} x
 * @param {number} y
 * @param {string} content
 * @param {Attributes} [attributes]
 */
export const text = (x, y, content, attributes = {}) =>
  element('text', { x, y, ...attributes }, escaped(content));

/**
 * Colours by class, for pages that are light and for those that are dark. With a ground of its own, so that it is
 * readable also where the page and the reader's system disagree.
 */
const STYLE = `
text { font: 13px system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif; fill: var(--text); }
.title { font-size: 16px; font-weight: 600; }
.faint { fill: var(--faint); font-size: 12px; }
.ours { font-weight: 600; }
svg { --ground: #ffffff; --text: #1f2328; --faint: #59636e; --grid: #d8dee4; --line0: #0969da; --line1: #bc4c00; --line2: #1a7f37; --line3: #8250df; --line4: #9a6700; --other: #afb8c1; }
@media (prefers-color-scheme: dark) {
  svg { --ground: #0d1117; --text: #e6edf3; --faint: #9198a1; --grid: #30363d; --line0: #58a6ff; --line1: #f0883e; --line2: #3fb950; --line3: #bc8cff; --line4: #d29922; --other: #484f58; }
}`;

/**
 * @param {{ title: string, subtitle?: string, width: number, height: number }} picture
 * @param {string[]} parts
 */
export function drawing({ title, subtitle = '', width, height }, parts) {
  return `${element(
    'svg',
    { xmlns: 'http://www.w3.org/2000/svg', viewBox: `0 0 ${width} ${height}`, width, height, role: 'img' },
    [
      element('title', {}, escaped(title)),
      element('style', {}, STYLE),
      element('rect', { width, height, rx: 8, fill: 'var(--ground)' }),
      text(24, 32, title, { class: 'title' }),
      text(24, 52, subtitle, { class: 'faint' }),
      ...parts,
    ].join('\n'),
  )}\n`;
}
