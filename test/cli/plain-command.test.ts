import fc from 'fast-check';
import { afterEach, expect, test, vi } from 'vitest';
import { type Command, namesOf } from '#sealift/cli/command.js';
import { commands } from '#sealift/cli/commands/index.js';
import { OptionTable } from '#sealift/cli/option-table.js';
import { runPlainCommand } from '#sealift/cli/plain-command.js';
import { runProgram } from '#sealift/cli/program.js';

type Args = Record<string, unknown>;

/** The commands as they are, but for what they do: their arguments are taken down. */
function recording(taken: Args[]): Command[] {
  return commands.map((command) => ({
    ...command,
    load: async () => {
      const { builder } = await command.load();
      const handler = async (args: Args) => void taken.push(args);
      return { builder, handler } as Awaited<ReturnType<Command['load']>>;
    },
  }));
}

const plainly = async (words: string[]): Promise<Args | null> => {
  const taken: Args[] = [];
  const isRun = await runPlainCommand(words, recording(taken));
  expect(taken.length).toBe(isRun ? 1 : 0);
  return taken[0] ?? null;
};

const byParser = async (words: string[]): Promise<Args> => {
  const taken: Args[] = [];
  const { log } = console;
  try {
    await runProgram(words, recording(taken), '0.0.0');
  } finally {
    console.log = log;
  }
  expect(taken.length, words.join(' ')).toBe(1);
  return taken[0] as Args;
};

const tables = new Map<string, OptionTable>();
for (const command of commands) {
  const table = OptionTable.of((await command.load()).builder);
  for (const name of namesOf(command)) if (table) tables.set(name, table);
}

afterEach(() => vi.unstubAllEnvs());

test('every command says its options in a way that needs no parser', () => {
  expect([...tables.keys()]).toEqual(commands.flatMap(namesOf));
});

test.each([
  ['fetch', 'girl.png'],
  ['fetch', 'girl.png', '-d', 'x', '-s', '127.0.0.1:9', '--json', '--no-fsync', '-q', '-j', '8', '-f'],
  ['get', 'a', 'b/c', '**/*.png', '--dir=x y', '--expect', 'md5:0123456789abcdef0123456789abcdef'],
  ['list'],
  ['ls', 'reports', '--md5sum', '--timeout', '5s', '--retries', '0'],
  ['info', '海运/港口笔记.txt', '--json'],
  ['verify', '--repair', '-d', 'backup'],
  ['verify'],
  ['ping', '-c', '3', '--interval', '5ms'],
  ['shell', 'commands.txt', '--timeout', '5s'],
  ['scrub', 'folder', '--limit', '5MB/s', '-q'],
  ['discover', '--json', '--timeout', '500ms'],
  ['serve', '--announce', 'folder', '--announce-as', 'nas'],
  [
    'serve',
    'folder',
    '--port',
    '0',
    '--log',
    'json',
    '--idle-timeout',
    '5s',
    '--scrub-limit=1GB/s',
    '--public',
  ],
])('%s %s …: a plain command line', async (...words) => {
  expect(await plainly(words)).toMatchObject({});
});

test.each([
  [],
  ['--help'],
  ['nonsense'],
  ['fetch'],
  ['fetch', '--help'],
  ['fetch', 'a', '-h'],
  ['fetch', 'a', '--', '-b'],
  ['fetch', 'a', '-fq'],
  ['fetch', 'a', '-dx'],
  ['fetch', 'a', '-d'],
  ['fetch', 'a', '-d', '-x'],
  ['fetch', 'a', '-d', ''],
  ['fetch', 'a', '-d='],
  ['fetch', 'a', '-d', 'x', '-d', 'y'],
  ['fetch', 'a', '--json=false'],
  ['fetch', 'a', '--json', 'false'],
  ['fetch', 'a', '--noFsync'],
  ['fetch', 'a', '--later'],
  ['fetch', 'a', '--jobs', '9'],
  ['fetch', '0012'],
  ['fetch', '0x10'],
  ['fetch', "'a'"],
  ['info', 'a', 'b'],
  ['serve', '--log', 'loud'],
  ['serve', '--port', '1e3'],
  ['ping', '-c', '0'],
  ['ping', '-i', '0'],
  ['completion'],
])('%s %s …: left to the parser', async (...words) => {
  expect(await plainly(words)).toBeNull();
});

test('what is taken as plain is what the parser takes, with the same values', async () => {
  vi.stubEnv('SEALIFT_SERVER', 'example.org:5');
  const value = fc.oneof(
    fc.constantFrom(
      'x',
      '5',
      '8',
      '1e3',
      '0x10',
      '-1',
      '-',
      '--',
      '',
      'true',
      'false',
      '5s',
      '5MB/s',
      'json',
      'off',
    ),
    fc.constantFrom(
      'a=b',
      '=a',
      '"a"',
      "'a'",
      "'",
      'a b',
      ' a',
      '海',
      'a.b',
      '007',
      '1.5',
      '.5',
      '5.',
      'Infinity',
      'NaN',
    ),
    fc.constantFrom(
      'md5:0123456789abcdef0123456789abcdef',
      '127.0.0.1:1',
      '__proto__',
      'constructor',
      'help',
    ),
    fc.constantFrom('1_000', '0b1', '0o7', '+5', '1,5', 'null', 'undefined', '\n', 'a\nb', '\u00a0', '5 '),
    fc.string(),
  );
  const name = fc.constantFrom(...commands.flatMap(namesOf));
  const line = name.chain((name) => {
    const { options } = tables.get(name) as OptionTable;
    const flags = options.flatMap(({ name, alias }) => [
      `--${name}`,
      alias === undefined ? `--${name}` : `-${alias}`,
    ]);
    const option = fc.constantFrom(...flags);
    const piece = fc.oneof(
      { weight: 3, arbitrary: fc.tuple(option, value) },
      { weight: 2, arbitrary: option.map((option) => [option]) },
      { weight: 2, arbitrary: fc.tuple(option, value).map(([option, value]) => [`${option}=${value}`]) },
      { weight: 4, arbitrary: value.map((value) => [value]) },
    );
    return fc.array(piece, { maxLength: 5 }).map((pieces) => [name, ...pieces.flat()]);
  });
  let count = 0;
  await fc.assert(
    fc.asyncProperty(line, async (words) => {
      const plain = await plainly(words);
      if (plain === null) return;
      count++;
      const { _, $0, ...parsed } = await byParser(words);
      const isGiven = ([, value]: [string, unknown]) => value !== undefined;
      const given = Object.fromEntries(Object.entries(parsed).filter(isGiven));
      expect({ ...plain, ...(Array.isArray(plain.name) ? { name: plain.name } : {}) }).toEqual(given);
    }),
    { numRuns: 500 },
  );
  expect(count).toBeGreaterThan(25);
});
