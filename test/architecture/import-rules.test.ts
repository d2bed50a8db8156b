import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, test } from 'vitest';

const SRC = fileURLToPath(new URL('../../src', import.meta.url));

/** What a file of each folder may import from which other folder; `.` is the library's entry point. */
const MAY_IMPORT: Record<string, string[]> = {
  errors: [],
  digest: ['errors'],
  protocol: ['errors'],
  store: ['errors', 'digest'],
  server: ['errors', 'digest', 'protocol', 'store'],
  client: ['errors', 'digest', 'protocol'],
  gateway: ['errors', 'digest', 'store'],
  discovery: ['errors'],
  page: [],
  cli: ['errors', 'digest', 'protocol', 'store', 'server', 'client', 'gateway', 'discovery'],
  '.': ['errors', 'digest', 'protocol', 'store', 'server', 'client', 'gateway'],
};
/** Pure codecs, and what runs in a browser: no sockets, no files, nothing else of the machine. */
const WITHOUT_NODE = ['errors', 'page', 'protocol'];
/** Packages that write to terminals or read command lines. */
const OF_CLI = ['cli-progress', 'picocolors', 'pino', 'string-width', 'yargs'];

/** Run as processes of their own, with an argument and an exit code of their own; no terminal either. */
const PROGRAMS: Record<string, string[]> = {
  'store/digest-index/index-probe.ts': ['process.argv', 'process.exitCode'],
};

interface Import {
  /** As it is written. */
  specifier: string;
  /** Only types: nothing is loaded. */
  isType: boolean;
  /** Loaded when it is needed, if ever. */
  isLazy?: boolean;
}

interface SourceFile {
  /** From src, with slashes. */
  path: string;
  folder: string;
  imports: Import[];
  /** `console`, `process.exit` and the like. */
  terminalUses: string[];
}

const TERMINAL = ['stdout', 'stderr', 'stdin', 'exit', 'exitCode', 'argv', 'abort', 'reallyExit'];

function parse(path: string, text: string): SourceFile {
  const imports: Import[] = [];
  const terminalUses: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
      imports.push({ specifier: node.moduleSpecifier.text, isType: node.importClause?.isTypeOnly ?? false });
    } else if (
      ts.isExportDeclaration(node) &&
      node.moduleSpecifier &&
      ts.isStringLiteral(node.moduleSpecifier)
    ) {
      imports.push({ specifier: node.moduleSpecifier.text, isType: node.isTypeOnly });
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      imports.push({ specifier: (node.argument.literal as ts.StringLiteral).text, isType: true });
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const [specifier] = node.arguments;
      // What is computed cannot be checked.
      imports.push({
        specifier: specifier && ts.isStringLiteral(specifier) ? specifier.text : '(computed)',
        isType: false,
        isLazy: true,
      });
    } else if (ts.isNewExpression(node) && node.getText(file).includes('import.meta.url')) {
      // A worker, or a file of the package.
      const [specifier] = node.arguments ?? [];
      if (specifier && ts.isStringLiteral(specifier) && specifier.text.endsWith('.js')) {
        imports.push({ specifier: specifier.text, isType: false, isLazy: true });
      }
    } else if (ts.isIdentifier(node) && node.text === 'console') {
      terminalUses.push('console');
    } else if (ts.isPropertyAccessExpression(node) && node.expression.getText(file) === 'process') {
      if (TERMINAL.includes(node.name.text)) terminalUses.push(`process.${node.name.text}`);
    } else if (ts.isVariableDeclaration(node) && node.initializer?.getText(file) === 'process') {
      terminalUses.push('process, taken apart');
    }
    ts.forEachChild(node, visit);
  };
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest);
  visit(file);
  const folder = path.includes('/') ? path.slice(0, path.indexOf('/')) : '.';
  return { path, folder, imports, terminalUses };
}

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => parse(path.replaceAll('\\', '/'), readFileSync(join(SRC, path), 'utf8')));

/** The file in src that a relative import means. */
function targetOf({ path }: SourceFile, { specifier }: Import): string {
  return relative(SRC, resolve(SRC, dirname(path), specifier))
    .replaceAll('\\', '/')
    .replace(/\.js$/, '.ts');
}

const isRelative = ({ specifier }: Import) => specifier.startsWith('.');
const folderOf = (path: string) => (path.includes('/') ? path.slice(0, path.indexOf('/')) : '.');

/** What each file imports from src that breaks a rule, as lines to read. */
function faults(rule: (file: SourceFile, imported: Import) => boolean): string[] {
  return files.flatMap((file) =>
    file.imports
      .filter((imported) => !rule(file, imported))
      .map(({ specifier }) => `${file.path}: ${specifier}`),
  );
}

test('reads imports of every kind', () => {
  const text = `
    import a from './a.js';
    import { type B } from "./b.js";
    import type { C } from './c.js';
    import './d.js';
    export * from './e.js';
    export type { F } from './f.js';
    type G = import('./g.js').G;
    const h = await import('./h.js');
    new Worker(new URL('./i.js', import.meta.url));
    const j = await import(name);
    // import './k.js';
    const text = "import './l.js'";
    console.log(1); process.exit(1); const { stdout } = process; other.console2;
  `;
  const { imports, terminalUses } = parse('x/y.ts', text);
  expect(imports.map(({ specifier }) => specifier)).toEqual([
    ...['./a.js', './b.js', './c.js', './d.js', './e.js', './f.js', './g.js', './h.js', './i.js'],
    '(computed)',
  ]);
  expect(imports.filter(({ isType }) => isType).map(({ specifier }) => specifier)).toEqual([
    './c.js',
    './f.js',
    './g.js',
  ]);
  expect(terminalUses).toEqual(['console', 'process.exit', 'process, taken apart']);
});

test('every folder of src has its rules, and every rule its folder', () => {
  expect([...new Set(files.map(({ folder }) => folder))].sort()).toEqual(Object.keys(MAY_IMPORT).sort());
  expect(files.length).toBeGreaterThan(50);
});

test('no import is computed, and relative ones lead to a file of src', () => {
  // The server has one part of a package among those of the page.
  const paths = new Set([...files.map(({ path }) => path), 'page/md5.umd.min.ts']);
  expect(faults((_, { specifier }) => specifier !== '(computed)')).toEqual([]);
  expect(faults((file, imported) => !isRelative(imported) || paths.has(targetOf(file, imported)))).toEqual(
    [],
  );
  expect(
    faults((_, { specifier }) => !specifier.startsWith('#') && !specifier.startsWith('sealift')),
  ).toEqual([]);
});

test('each folder imports from those that it may', () => {
  expect(
    faults((file, imported) => {
      if (!isRelative(imported)) return true;
      const folder = folderOf(targetOf(file, imported));
      return folder === file.folder || (MAY_IMPORT[file.folder] ?? []).includes(folder);
    }),
  ).toEqual([]);
});

test('another folder is imported by its index', () => {
  expect(
    faults((file, imported) => {
      if (!isRelative(imported)) return true;
      const target = targetOf(file, imported);
      return folderOf(target) === file.folder || target === `${folderOf(target)}/index.ts`;
    }),
  ).toEqual([]);
});

/** All that is loaded, besides Node's own modules, when one of these files is: paths from src, and packages. */
function loadedWith(paths: string[]): string[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const loaded = new Set(paths);
  for (const path of loaded) {
    const file = byPath.get(path);
    for (const imported of file?.imports ?? []) {
      if (imported.isType || imported.isLazy || imported.specifier.startsWith('node:')) continue;
      loaded.add(isRelative(imported) ? targetOf(file as SourceFile, imported) : imported.specifier);
    }
  }
  return [...loaded];
}

test('a command loads little more than it needs: its start takes as long as that', () => {
  const packagesWith = (...paths: string[]) => loadedWith(paths).filter((path) => !path.endsWith('.ts'));
  const foldersWith = (...paths: string[]) => new Set(loadedWith(paths).map(folderOf));
  expect(packagesWith('cli/main.ts', 'cli/plain-command.ts', 'cli/commands/index.ts')).toEqual([]);
  expect([...foldersWith('cli/main.ts')].sort()).toEqual(['cli', 'errors']);
  for (const command of ['fetch', 'list', 'info', 'verify', 'ping', 'shell']) {
    const path = `cli/commands/${command}.ts`;
    for (const folder of ['server', 'store', 'discovery'])
      expect(foldersWith(path).has(folder), command).toBe(false);
    expect(packagesWith(path), command).toEqual(command === 'verify' ? ['picocolors'] : []);
  }
  expect(foldersWith('cli/commands/serve.ts').has('discovery')).toBe(false);
  expect(packagesWith('discovery/index.ts')).toEqual(['dns-packet']);
  expect(packagesWith('cli/report/line-reporter.ts')).toEqual(['picocolors']);
});

test('no file imports itself by way of others', () => {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (path: string, from: string[]): void => {
    if (from.includes(path)) cycles.push([...from.slice(from.indexOf(path)), path].join(' > '));
    if (done.has(path) || from.includes(path)) return;
    const file = byPath.get(path);
    for (const imported of file?.imports.filter(isRelative) ?? []) {
      visit(targetOf(file as SourceFile, imported), [...from, path]);
    }
    done.add(path);
  };
  for (const { path } of files) visit(path, []);
  expect(cycles).toEqual([]);
});

test('the codecs touch no sockets, no files and no processes', () => {
  expect(
    faults(({ folder }, { specifier }) => !WITHOUT_NODE.includes(folder) || !specifier.startsWith('node:')),
  ).toEqual([]);
});

test('only the commands touch the console, colours and exit codes', () => {
  const uses = files.flatMap(({ path, folder, terminalUses }) =>
    terminalUses
      .filter((use) => folder !== 'cli' && !PROGRAMS[path]?.includes(use))
      .map((use) => `${path}: ${use}`),
  );
  expect(uses).toEqual([]);
  const packageOf = (specifier: string) => specifier.split('/')[0] as string;
  expect(
    faults(({ folder }, { specifier }) => folder === 'cli' || !OF_CLI.includes(packageOf(specifier))),
  ).toEqual([]);
});

test('the modules of Node are imported as such', () => {
  const modules = [
    'fs',
    'net',
    'dgram',
    'path',
    'crypto',
    'stream',
    'events',
    'worker_threads',
    'child_process',
    'os',
    'url',
  ];
  expect(faults((_, { specifier }) => !modules.includes(specifier.split('/')[0] as string))).toEqual([]);
});
