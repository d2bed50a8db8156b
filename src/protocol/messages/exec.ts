import { ARGUMENTS_MAX } from '../limits.js';
import { optionalId } from './fields.js';
import { arrayOf, exactly, optional, type Rule, textLike } from './rule.js';
import { Shape } from './shape.js';

/** What a program can be given: it sees a zero as the end, and half of a surrogate pair as another character. */
const argument = textLike(/^[^\0\p{Cs}]*$/u, 'text without U+0000 and half surrogate pairs');
const notEmpty = textLike(/^[^\0\p{Cs}]+$/u, 'text, not empty, without U+0000 and half surrogate pairs');
const list = arrayOf(argument);

const argv: Rule<string[]> = (value) => {
  const fault = list(value);
  if (fault !== null) return fault;
  const { length, 0: first } = value as string[];
  if (length < 1 || length > ARGUMENTS_MAX) return `not 1 to ${ARGUMENTS_MAX} strings`;
  return first === '' ? '.0: empty' : null;
};

export const execRequest = Shape.of(
  { op: exactly('exec'), id: optionalId, argv: optional(argv), shell: optional(notEmpty) },
  ({ argv, shell }) => ((argv === undefined) === (shell === undefined) ? 'either argv or shell' : null),
);

/** The program runs. */
export const execReply = Shape.of({ ok: exactly(true), id: optionalId });
