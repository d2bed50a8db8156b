// A storage that looks like somebody's, for the pictures of the page: all of it is made here.
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const DAY = 86_400_000;

/**
 * Writes it below a folder.
 * @param {string} folder
 * @param {import('playwright-core').Page} page draws the pictures
 */
export async function makeStorage(folder, page) {
  const now = Date.now();
  /** @type {(name: string, content: string | Uint8Array, daysAgo: number) => void} */
  const put = (name, content, daysAgo) => {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    const time = new Date(now - daysAgo * DAY);
    utimesSync(path, time, time);
  };
  for (let nth = 1; nth <= 12; nth++) {
    put(`Harbour photos/harbour ${nth}.jpg`, await drawn(page, nth, 1200, 800), 40 + nth * 0.3);
  }
  put('Harbour at dusk.jpg', await drawn(page, 5, 2400, 1500), 0.2);
  put('Field recordings/fog horn.wav', tone(4, 110), 12);
  put('Field recordings/gulls.wav', tone(3, 880), 12);
  put('Fog horn, pier 4.wav', tone(8, 110), 3);
  put('Releases/harbour-map 2.4.0.tar.gz', noise(6_400_000, 1), 2);
  put('Releases/harbour-map 2.3.1.tar.gz', noise(6_200_000, 2), 30);
  put('harbour-map 2.4.0.iso', noise(48_000_000, 3), 2);
  put('tide-tables.csv', tides(), 6);
  put('Notes on the new quay.md', NOTES, 0.04);
  put('survey-2026.pdf', noise(830_000, 4), 90);
  put('survey-2025.pdf', noise(790_000, 5), 420);
  put('chart index.sqlite', noise(3_100_000, 6), 8);
  return { rotten: 'survey-2025.pdf', now };
}

const NOTES = `# Notes on the new quay

The piles of the east side were driven to 14 m. Soundings taken on Tuesday
agree with the chart of 1987 within 20 cm, except at the old slipway, where
the bottom has come up by almost a metre.

- Ask the pilots about the leading lights.
- Compare tide-tables.csv with what the gauge at pier 4 has recorded.
- The photographs of the crane go to the museum (harbour 3, harbour 7).

Checked against the copy in the office: same MD5.
`;

function tides() {
  const lines = ['date,high,low,metres'];
  for (let day = 1; day <= 365; day++)
    lines.push(`2026-${day},0${day % 10}:12,1${day % 10}:40,${(2 + Math.sin(day) / 2).toFixed(2)}`);
  return lines.join('\n');
}

/** @type {(size: number, seed: number) => Uint8Array} */
function noise(size, seed) {
  const words = new Uint32Array(Math.ceil(size / 4));
  for (let at = 0, state = seed * 2_654_435_761; at < words.length; at++) {
    state = Math.imul(state ^ (state >>> 15), 2_246_822_519) + at;
    words[at] = state;
  }
  return new Uint8Array(words.buffer, 0, size);
}

/** @type {(seconds: number, hertz: number) => Uint8Array} */
function tone(seconds, hertz) {
  const rate = 22_050;
  const wav = Buffer.alloc(44 + seconds * rate * 2);
  wav.write('RIFF', 0);
  wav.writeUInt32LE(wav.length - 8, 4);
  wav.write('WAVEfmt ', 8);
  wav.writeUInt32LE(16, 16);
  wav.writeUInt16LE(1, 20);
  wav.writeUInt16LE(1, 22);
  wav.writeUInt32LE(rate, 24);
  wav.writeUInt32LE(rate * 2, 28);
  wav.writeUInt16LE(2, 32);
  wav.writeUInt16LE(16, 34);
  wav.write('data', 36);
  wav.writeUInt32LE(wav.length - 44, 40);
  for (let at = 0; at < seconds * rate; at++) {
    wav.writeInt16LE(Math.round(Math.sin((at / rate) * hertz * 2 * Math.PI) * 12_000), 44 + at * 2);
  }
  return wav;
}

/**
 * A harbour, as a JPEG.
 * @type {(page: import('playwright-core').Page, seed: number, width: number, height: number) => Promise<Uint8Array>}
 */
async function drawn(page, seed, width, height) {
  const url = await page.evaluate(
    ({ seed, width, height }) => {
      const canvas = Object.assign(document.createElement('canvas'), { width, height });
      const draw = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
      const random = (/** @type {number} */ at) =>
        Math.abs(Math.sin(at * 127.1 + seed * 311.7) * 43_758.5453) % 1;
      const horizon = height * 0.56;
      const fill = (/** @type {string[]} */ colors, /** @type {number} */ from, /** @type {number} */ to) => {
        const gradient = draw.createLinearGradient(0, from, 0, to);
        for (const [at, color] of colors.entries()) gradient.addColorStop(at / (colors.length - 1), color);
        draw.fillStyle = gradient;
      };
      fill(['#172a45', '#7a4f6d', '#e58f65', '#ffd59a'], 0, horizon);
      draw.fillRect(0, 0, width, horizon);
      draw.fillStyle = '#fff0c9';
      draw.beginPath();
      draw.arc(width * (0.3 + random(1) * 0.4), horizon - height * 0.07, height * 0.055, 0, 7);
      draw.fill();
      fill(['#d98b6a', '#5d5570', '#16283f'], horizon, height);
      draw.fillRect(0, horizon, width, height);
      for (let nth = 0; nth < 220; nth++) {
        const depth = random(nth + 9) ** 2;
        draw.fillStyle = `rgba(255,226,180,${0.05 + 0.2 * random(nth + 5)})`;
        draw.fillRect(
          random(nth) * width,
          horizon + depth * height * 0.44,
          (20 + 130 * depth) * (width / 1200),
          1 + 4 * depth,
        );
      }
      draw.fillStyle = '#131d2e';
      for (let nth = 0; nth < 7; nth++) {
        const x = width * (nth / 7 + random(nth + 40) * 0.06);
        const tall = height * (0.08 + random(nth + 60) * 0.17);
        draw.fillRect(x, horizon - tall, width * 0.008, tall);
        draw.fillRect(x - width * 0.035, horizon - tall, width * 0.1, height * 0.009);
        draw.fillRect(x - width * 0.03, horizon - height * 0.035, width * 0.085, height * 0.042);
      }
      return canvas.toDataURL('image/jpeg', 0.86);
    },
    { seed, width, height },
  );
  return Buffer.from(url.slice(url.indexOf(',') + 1), 'base64');
}
