import type { Share, ShareInfo } from '../../client/index.js';
import { formatFiles, formatTime } from '../format.js';
import { jsonLine, printLines, shown } from '../output.js';
import { Table } from '../table.js';

/** What a link opens, until when, how often, and how to end it. */
export function shareLine({ id, pattern, expiresAt, uses }: Share, files: number): string {
  const what = `${shown(openedBy(pattern))} (${formatFiles(files)} now)`;
  const until = expiresAt === null ? 'for ever' : `until ${formatTime(expiresAt)}`;
  const often = uses === null ? 'any number of times' : uses === 1 ? 'once' : `${uses} times`;
  return `this link opens ${what}, ${until}, ${often}; "sealift share --revoke ${id}" ends it`;
}

/** As a table, those that were made first at the top; or as JSON lines, as they come. */
export async function printShares(shares: AsyncIterable<ShareInfo>, json: boolean): Promise<void> {
  const all: ShareInfo[] = [];
  for await (const share of shares) {
    if (json) printLines([jsonLine(share)]);
    else all.push(share);
  }
  if (json) return;
  const table = new Table([
    { title: 'ID', align: 'left' },
    { title: 'OPENS', align: 'left' },
    { title: 'EXPIRES', align: 'left' },
    { title: 'USES', align: 'right' },
  ]);
  const rows = all.sort((a, b) => a.createdAt - b.createdAt).map(rowOf);
  await table.measure(rows);
  printLines([table.header(), ...rows.map((row) => table.row(row))]);
}

function rowOf({ id, pattern, expiresAt, uses, used, revoked }: ShareInfo): string[] {
  const end = expiresAt === null ? 'never' : formatTime(expiresAt);
  const isOver = expiresAt !== null && expiresAt <= Date.now();
  const expires = revoked ? 'revoked' : isOver ? 'expired' : end;
  return [id, shown(openedBy(pattern)), expires, uses === null ? 'any' : `${used} of ${uses}`];
}

/** As one types it: `x/**` is what a name stands for. */
function openedBy(pattern: string): string {
  return pattern === '**' ? 'everything' : pattern.replace(/\/\*\*$/, '');
}
