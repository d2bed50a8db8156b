import pc from 'picocolors';
import { note } from './output.js';

/** Shows a link to phones: on stderr, if that has room for it. */
export async function showQrCode(link: string): Promise<void> {
  const { columns, rows } = process.stderr;
  const { qrCode } = await import('./qr-code.js');
  const lines = qrCode(link, { columns, rows, hasColors: pc.isColorSupported });
  if (lines) note(lines.join('\n'));
}
