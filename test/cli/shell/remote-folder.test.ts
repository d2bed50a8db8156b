import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RemoteFolder } from '#sealift/cli/shell/remote-folder.js';
import { Pattern } from '#sealift/protocol/index.js';

describe('names', () => {
  test.each([
    ['', 'a', 'a'],
    ['', './a//b/', 'a/b'],
    ['', '..', ''],
    ['', '../../a', 'a'],
    ['sub', 'a', 'sub/a'],
    ['sub', '/a', 'a'],
    ['sub', '/', ''],
    ['sub', '.', 'sub'],
    ['sub/deep', '..', 'sub'],
    ['sub/deep', '../../../x', 'x'],
    ['sub', '../sub/./a', 'sub/a'],
    ['sub', 'e\u0301', 'sub/\u00e9'],
  ])('in /%s %s is %s', (path, typed, name) => {
    expect(new RemoteFolder(path).nameOf(typed)).toBe(name);
  });

  test('none leads out', () => {
    const segment = fc.constantFrom('..', '.', '', 'a', 'b c', '...', '*');
    fc.assert(
      fc.property(fc.array(segment), fc.array(fc.constantFrom('x', 'y')), (typed, path) => {
        const name = new RemoteFolder(path.join('/')).nameOf(typed.join('/'));
        expect(name).not.toMatch(/(^|\/)\.{0,2}\/|\/$|(^|\/)\.{1,2}$/);
      }),
    );
  });
});

describe('patterns', () => {
  test.each([
    ['', '*.png', '*.png'],
    ['', '/', '**'],
    ['', '.', '**'],
    ['', '', ''],
    ['sub', '', ''],
    ['sub', 'a', 'sub/a'],
    ['sub', 'a/', 'sub/a/'],
    ['sub', '.', 'sub/'],
    ['sub', '..', '**'],
    ['sub', '/**/*.png', '**/*.png'],
    ['sub', '../*.png', '*.png'],
    ['br[1]', 'x', 'br\\[1\\]/x'],
    ['br[1]', '*', 'br\\[1\\]/*'],
    ['br[1]', '/x', 'x'],
    ['br[1]', '', ''],
  ])('in /%s %s asks for %s', (path, typed, asked) => {
    expect(new RemoteFolder(path).patternOf(typed)).toBe(asked);
  });

  test('all that is in a folder, whatever it is called', () => {
    for (const path of ['', 'sub', 'br[1]', 'a{b,c}', '*']) {
      const folder = new RemoteFolder(path);
      const name = folder.nameOf('x/y');
      expect(new Pattern(folder.pattern).matches(name)).toBe(true);
      expect(folder.nameHere(name)).toBe('x/y');
    }
    expect(new RemoteFolder('sub').nameHere('subway/x')).toBe('/subway/x');
  });
});
