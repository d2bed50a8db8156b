/** Why a file was not saved, in parts that the page can show. */
export type Failure =
  /** Count or digest is not the announced one: what arrived is damaged. */
  | { kind: 'damaged'; expected: string; received: string }
  /** More bytes than were announced. */
  | { kind: 'too-long'; expected: number }
  /** It is not the file of the listing, or of the first answer, any more. */
  | { kind: 'changed'; detail: string }
  /** The answer has no digest to verify by. */
  | { kind: 'unverifiable'; detail: string }
  /** An error answer. */
  | { kind: 'refused'; status: number; detail: string }
  /** The connection broke, and trying again did not help. */
  | { kind: 'broken'; received: number; size: number | null }
  /** More than may be held in memory. */
  | { kind: 'too-large'; limit: number }
  /** The disk, or the browser, did not take it. */
  | { kind: 'local'; detail: string }
  | { kind: 'cancelled' };

/** Ends a transfer: nothing of it is kept. */
export class TransferError extends Error {
  constructor(readonly failure: Failure) {
    super(describe(failure));
    this.name = 'TransferError';
  }
}

/** One sentence for people. */
export function describe(failure: Failure): string {
  switch (failure.kind) {
    case 'damaged':
      return 'What arrived is not the file that the server announced: its MD5 is another one.';
    case 'too-long':
      return `More bytes arrived than the ${failure.expected.toLocaleString('en')} that the server announced.`;
    case 'changed':
      return `The file changed meanwhile: ${failure.detail}.`;
    case 'unverifiable':
      return `This cannot be verified: ${failure.detail}.`;
    case 'refused':
      return `The server answered ${failure.status}: ${failure.detail}`;
    case 'broken':
      return brokenText(failure.received, failure.size);
    case 'too-large':
      return 'The file is too large to be verified in memory.';
    case 'local':
      return `It could not be saved: ${failure.detail}`;
    case 'cancelled':
      return 'Cancelled.';
  }
}

function brokenText(received: number, size: number | null): string {
  if (received === 0) return 'The server could not be reached, or broke off before the first byte.';
  const of = size === null ? '' : ` of ${size.toLocaleString('en')}`;
  return `The connection broke off after ${received.toLocaleString('en')}${of} bytes, and trying again did not help.`;
}
