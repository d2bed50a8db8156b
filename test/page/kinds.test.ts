import { expect, test } from 'vitest';
import { kindOf } from '#sealift/page/kinds.js';

test('the kind of a file by its type', () => {
  const kinds: Record<string, string> = {
    'image/png': 'picture',
    'image/jpeg': 'picture',
    // Could run scripts: they are shown as what they are written in.
    'image/svg+xml': 'text',
    'text/html': 'text',
    'text/plain; charset=utf-8': 'text',
    'application/json': 'text',
    'image/tiff': 'file',
    'application/pdf': 'pdf',
    'audio/ogg': 'audio',
    'video/webm': 'video',
    'application/gzip': 'archive',
    'application/octet-stream': 'file',
  };
  for (const [type, kind] of Object.entries(kinds)) {
    const file = { kind: 'file', name: 'x', type, size: 0, md5: null, mtime: 0 } as const;
    expect(kindOf(file), type).toBe(kind);
  }
  const source = { kind: 'file', name: 'a.ts', type: 'video/mp2t', size: 100, md5: null, mtime: 0 } as const;
  expect(kindOf(source)).toBe('text');
  expect(kindOf({ ...source, size: 2 ** 21 })).toBe('video');
  expect(kindOf({ kind: 'folder', name: 'x' })).toBe('folder');
});
