import { SealiftError } from '../errors/index.js';
import { REQUEST } from './complete-names.js';

const PROGRAM_OPTIONS = new Set(['-h', '--help', '--version', '--', REQUEST]);
const SHELLS = ['bash', 'zsh', 'fish'];

/**
 * The command line in the words that the parser knows: `help list` is `list --help`, and `completion zsh` is `completion`
 * in that shell.
 * @throws SealiftError USAGE for a beginning that is close to what is meant, and says what that is
 */
export function plainWords(words: string[], commandNames: string[]): string[] {
  const [first = '', second] = words;
  if (first === 'help') {
    if (second === undefined) return ['--help'];
    return [...commandNames, 'completion'].includes(second) ? [second, '--help'] : [second];
  }
  if (first === 'version')
    throw new SealiftError('USAGE', 'no such command: version; write "sealift --version"');
  if (first === 'completion' && second !== undefined && !second.startsWith('-')) return completion(words);
  if (first.startsWith('-') && !PROGRAM_OPTIONS.has(first)) {
    const command = words.find((word) => commandNames.includes(word)) ?? '<command>';
    throw new SealiftError('USAGE', `options come after the command: sealift ${command} … ${first}`);
  }
  return first === 'serve' ? words.map(announcedAs) : words;
}

/** An option with or without a value would take the folder behind it for one. */
function announcedAs(word: string, at: number, words: string[]): string {
  const isOption = !words.slice(0, at).includes('--');
  return isOption ? word.replace(/^--announce=/, '--announce-as=') : word;
}

/** The script's shell is taken from the environment, which tells of the one that runs now. */
function completion([command = '', shell = '', ...rest]: string[]): string[] {
  if (!SHELLS.includes(shell) || rest.length > 0) {
    throw new SealiftError('USAGE', `completion is for one of ${SHELLS.join(', ')}: sealift completion zsh`);
  }
  process.env.SHELL = `/bin/${shell}`;
  delete process.env.ZSH_NAME;
  return [command];
}
