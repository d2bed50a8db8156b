/** Where in the storage a command is. */
export interface Place {
  /** Matches all that is here, and below. */
  pattern: string;
  /** How the file `name` is called here. */
  nameHere(name: string): string;
}

export const OUTERMOST: Place = { pattern: '**', nameHere: (name) => name };
