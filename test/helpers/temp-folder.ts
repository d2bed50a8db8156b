import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A new folder that is removed when the test has ended, or what `onEnd` is told of. */
export function tempFolder(onEnd: (end: () => void) => void = onTestFinished): string {
  const folder = mkdtempSync(join(tmpdir(), 'sealift-test-'));
  onEnd(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
