import { expect, test } from 'vitest';
import { isShellSafe } from '#sealift/cli/shell-safe.js';

test.each([
  'girl.png',
  'reports/tides.csv',
  'notes (1) & more.txt',
  "it's mine.txt",
  '海运/港口笔记.txt',
  'a-b~c#d=e,f+g@h:i%j^',
])('%j stands for itself in a shell', (name) => expect(isShellSafe(name)).toBe(true));

test.each([
  '$(id)',
  'a`id`',
  'a $(id)',
  'a "b',
  'a !b',
  'a;b',
  'a&b',
  'a|b',
  'a>b',
  'a<b',
  "a'b",
  'a*',
  '~a',
  '#a',
  '--force',
  '-o x',
])('%j is something else to a shell, or an option', (name) => expect(isShellSafe(name)).toBe(false));
