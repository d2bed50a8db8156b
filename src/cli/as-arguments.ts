import type { Argv } from 'yargs';

/** yargs loses track of types where options are added by functions or in a loop: what a builder yields is said here. */
export function asArguments<A>(yargs: unknown): Argv<A> {
  return yargs as Argv<A>;
}
