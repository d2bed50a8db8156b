import stringWidth from 'string-width';

export interface Column {
  title: string;
  align: 'left' | 'right';
}

/**
 * Lines of aligned columns, by the width that characters take on a terminal. Widths grow as wider rows come, so that a
 * long listing can be printed page by page.
 */
export class Table {
  readonly #widths: number[];

  constructor(private readonly columns: Column[]) {
    this.#widths = columns.map(({ title }) => stringWidth(title));
  }

  header(): string {
    return this.#line(this.columns.map(({ title }) => title));
  }

  /** Takes a page of rows into account for the widths. */
  measure(rows: string[][]): void {
    for (const row of rows) {
      for (const [at, cell] of row.entries()) {
        this.#widths[at] = Math.max(this.#widths[at] ?? 0, stringWidth(cell));
      }
    }
  }

  row(cells: string[]): string {
    return this.#line(cells);
  }

  #line(cells: string[]): string {
    const padded = cells.map((cell, at) => {
      const padding = ' '.repeat(Math.max(0, (this.#widths[at] ?? 0) - stringWidth(cell)));
      return this.columns[at]?.align === 'right' ? padding + cell : cell + padding;
    });
    return padded.join('  ').trimEnd();
  }
}
