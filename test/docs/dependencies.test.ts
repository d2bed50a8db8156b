import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

test('docs/dependencies.md has a line for each direct dependency, and none for others', () => {
  const { dependencies } = JSON.parse(read('package.json')) as { dependencies: Record<string, string> };
  const table = read('docs/dependencies.md').split('## For development')[0] ?? '';
  const justified = [...table.matchAll(/^\| ([@a-z0-9/-]+) \| \S/gm)].map(([, name]) => name);
  expect(justified.filter((name) => name !== 'package').sort()).toEqual(Object.keys(dependencies).sort());
});
