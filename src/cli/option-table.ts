import type { Argv } from 'yargs';

export interface Option {
  /** The long one. */
  name: string;
  alias?: string;
  type: 'string' | 'boolean';
  default?: string | boolean;
  choices?: readonly string[];
}

type Check = (args: Record<string, unknown>) => unknown;

/** Said for the help, or about values that {@link plainArguments} leaves to yargs anyway. */
const WITHOUT_EFFECT = ['describe', 'defaultDescription', 'group', 'requiresArg'];
const OPTION_SETTINGS = ['alias', 'type', 'default', 'choices', ...WITHOUT_EFFECT];
const POSITIONAL_SETTINGS = ['type', 'array', ...WITHOUT_EFFECT];

/** Stands in for yargs where a command's builder says which options there are, and takes that down. */
export class OptionTable {
  readonly options: Option[] = [];
  readonly checks: Check[] = [];
  #isWhole = true;

  /** Null if the builder says something that only yargs understands. */
  static of(builder: (yargs: Argv) => unknown): OptionTable | null {
    const table = new OptionTable();
    builder(table as unknown as Argv);
    return table.#isWhole ? table : null;
  }

  option(name: string, settings: Omit<Option, 'name'>): this {
    const type = settings.choices ? 'string' : settings.type;
    this.options.push({ ...settings, name, type });
    return this.#knows(settings, OPTION_SETTINGS, type);
  }

  positional(_name: string, settings: { type?: string }): this {
    return this.#knows(settings, POSITIONAL_SETTINGS, settings.type);
  }

  check(check: Check): this {
    this.checks.push(check);
    return this;
  }

  usage(): this {
    return this;
  }

  example(): this {
    return this;
  }

  epilogue(): this {
    return this;
  }

  #knows(settings: object, known: string[], type: string | undefined): this {
    const isKnown = Object.keys(settings).every((setting) => known.includes(setting));
    if (!isKnown || (type !== 'string' && type !== 'boolean')) this.#isWhole = false;
    return this;
  }
}
