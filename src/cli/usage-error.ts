/** Words of yargs, and what a person can do about it. */
const PLAINER: [RegExp, (match: RegExpExecArray) => string][] = [
  [/^Did you mean (.+)\?$/, ([, near]) => `no such command; did you mean ${near}?`],
  [/^Not enough arguments following: (.+)$/, ([, option = '']) => `${dashed(option)} needs a value`],
  [
    /^Invalid values: *Argument: (\S+), Given: (.*), Choices: (.+)$/,
    ([, option = '', given, choices]) => `${dashed(option)} ${given}: choose one of ${choices}`,
  ],
];

/** What is wrong with a command line, in one line; `says` is what yargs has to say, `words` the command line. */
export function explainUsage(says: string, words: string[]): string {
  const plain = inPlainWords(says, words);
  return MAY_BE_DASH.test(plain) ? `${plain}${dashHint(words)}` : plain;
}

/** What is said of a name that begins with a dash, and was taken for options. */
const MAY_BE_DASH = /^(no such option: |name what to fetch|name a file)|^-\S+ needs a value$/;

function inPlainWords(says: string, words: string[]): string {
  const line = says.replace(/\s*\n\s*/g, ' ');
  const unknown = /^Unknown arguments?: (.+)$/.exec(line)?.[1];
  if (unknown !== undefined) return explainUnknown(unknown.split(', '), words);
  for (const [pattern, plainer] of PLAINER) {
    const match = pattern.exec(line);
    if (match) return plainer(match);
  }
  return line;
}

/** yargs names an unknown option without its dashes, and with dashes inside in camel case as well. */
function explainUnknown(unknown: string[], words: string[]): string {
  const options = unknown.filter((name) => words.some((word) => isOption(word, name)));
  if (options.length > 0) return `no such option: ${options.map(dashed).join(', ')}`;
  const others = unknown.filter((name) => words.includes(name));
  if (others[0] !== undefined && others[0] === words[0]) return `no such command: ${others[0]}`;
  return `too many arguments: ${(others.length > 0 ? others : unknown).join(', ')}`;
}

function isOption(word: string, name: string): boolean {
  if (name.length === 1) return /^-[^-]/.test(word) && (word.split('=')[0] ?? '').includes(name);
  return word === `--${name}` || word.startsWith(`--${name}=`);
}

function dashHint([command, ...words]: string[]): string {
  if (command === 'exec') return '; if it is for the program, write: sealift exec -- program options';
  const name = words.find((word) => /^-[^-]./.test(word));
  return name === undefined ? '' : `; if "${name}" is a name, write: sealift ${command} -- ${name}`;
}

function dashed(option: string): string {
  return option.length === 1 ? `-${option}` : `--${option}`;
}
