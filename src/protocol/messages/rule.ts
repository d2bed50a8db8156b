/**
 * What a value of a header may be: returns what is wrong with it, or null. A fault inside a value begins with a dot and
 * says where: `.0: not a string`.
 */
export type Rule<T> = ((value: unknown) => string | null) & {
  /** Never there: carries the type. */
  readonly of?: T;
};

export type ValueOf<R> = R extends Rule<infer T> ? T : never;

export const text: Rule<string> = (value) => (typeof value === 'string' ? null : 'not a string');

export const flag: Rule<boolean> = (value) => (typeof value === 'boolean' ? null : 'not true or false');

/** Of those that JSON and JavaScript agree on: a fraction, and what lost precision, is none. */
export function integer(min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER): Rule<number> {
  const from = min === Number.MIN_SAFE_INTEGER ? '' : ` from ${min}`;
  const fault = `not an integer${from}${max === Number.MAX_SAFE_INTEGER ? '' : ` to ${max}`}`;
  return (value) =>
    Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max ? null : fault;
}

export function textUpTo(max: number): Rule<string> {
  const fault = `longer than ${max} characters`;
  return (value) => text(value) ?? ((value as string).length <= max ? null : fault);
}

/** `pattern` says what the fault calls `what`. */
export function textLike(pattern: RegExp, what: string): Rule<string> {
  return (value) => (typeof value === 'string' && pattern.test(value) ? null : `not ${what}`);
}

export function exactly<T extends string | boolean>(wanted: T): Rule<T> {
  return (value) => (value === wanted ? null : `not ${JSON.stringify(wanted)}`);
}

export function optional<T>(rule: Rule<T>): Rule<T | undefined> {
  return (value) => (value === undefined ? null : rule(value));
}

export function nullable<T>(rule: Rule<T>): Rule<T | null> {
  return (value) => (value === null ? null : rule(value));
}

export function arrayOf<T>(rule: Rule<T>): Rule<T[]> {
  return (value) => {
    if (!Array.isArray(value)) return 'not an array';
    for (const [at, item] of value.entries()) {
      const fault = rule(item);
      if (fault !== null) return within(at, fault);
    }
    return null;
  };
}

export const anyObject: Rule<Record<string, unknown>> = (value) =>
  value !== null && typeof value === 'object' && !Array.isArray(value) ? null : 'not an object';

/** Where in a value the fault is. */
export function within(place: string | number, fault: string): string {
  return fault.startsWith('.') ? `.${place}${fault}` : `.${place}: ${fault}`;
}
