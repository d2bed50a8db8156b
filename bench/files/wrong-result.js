/** A contender's result is not what it should be: its time is worth nothing, and the bench fails. */
export class WrongResult extends Error {
  /** @override */
  name = 'WrongResult';
}
