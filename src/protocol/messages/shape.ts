import { anyObject, type Rule, type ValueOf, within } from './rule.js';

type Rules = Record<string, Rule<unknown>>;
type OptionalKey<R extends Rules> = {
  [K in keyof R]: undefined extends ValueOf<R[K]> ? K : never;
}[keyof R];
type Fields<R extends Rules> = { [K in Exclude<keyof R, OptionalKey<R>>]: ValueOf<R[K]> } & {
  [K in OptionalKey<R>]?: ValueOf<R[K]>;
};
type Plain<T> = { [K in keyof T]: T[K] };

/** The object that has passed a shape. */
export type ShapeOf<S> = S extends Shape<infer T> ? T : never;

/** What an object of the protocol is made of: a rule for each field; fields without one are left out. */
export class Shape<T extends object> {
  readonly #rules: [field: string, rule: Rule<unknown>][];
  readonly #between: (object: never) => string | null;

  private constructor(rules: Rules, between: (object: never) => string | null) {
    this.#rules = Object.entries(rules);
    this.#between = between;
  }

  /** `between` tells what is wrong between fields that are right each by itself. */
  static of<R extends Rules>(
    rules: R,
    between: (object: Plain<Fields<R>>) => string | null = () => null,
  ): Shape<Plain<Fields<R>>> {
    return new Shape(rules, between);
  }

  /** The first thing that is wrong with `object`, in one line (`field: what`), or null. */
  faultOf(object: Record<string, unknown>): string | null {
    return this.#fault(object)?.replace(/^\./, '') ?? null;
  }

  /** The known fields of an object without fault. */
  pick(object: Record<string, unknown>): T {
    const picked: Record<string, unknown> = {};
    for (const [field] of this.#rules) {
      const value = object[field];
      if (value !== undefined) picked[field] = value;
    }
    return picked as T;
  }

  /** For the value of a field. */
  get rule(): Rule<T> {
    return (value) => anyObject(value) ?? this.#fault(value as Record<string, unknown>);
  }

  #fault(object: Record<string, unknown>): string | null {
    for (const [field, rule] of this.#rules) {
      const fault = rule(object[field]);
      if (fault !== null) return within(field, fault);
    }
    return this.#between(object as never);
  }
}
