export interface Column {
  title: string;
  align: 'left' | 'right';
}

/** Where a character is a column. */
const PLAIN = /^[ -~]*$/;

/**
 * Lines of aligned columns, by the width that characters take on a terminal. Widths grow as wider rows come, so that a
 * long listing can be printed page by page.
 */
export class Table {
  readonly #widths: number[];
  /** Loaded for the first text that is not plain. */
  #stringWidth: ((text: string) => number) | null = null;

  /** Titles are plain text. */
  constructor(private readonly columns: Column[]) {
    this.#widths = columns.map(({ title }) => title.length);
  }

  header(): string {
    return this.#line(this.columns.map(({ title }) => title));
  }

  /** Takes a page of rows into account for the widths, before they are printed. */
  async measure(rows: string[][]): Promise<void> {
    if (this.#stringWidth === null && rows.some((row) => !row.every((cell) => PLAIN.test(cell)))) {
      this.#stringWidth = (await import('string-width')).default;
    }
    for (const row of rows) {
      for (const [at, cell] of row.entries()) {
        this.#widths[at] = Math.max(this.#widths[at] ?? 0, this.#widthOf(cell));
      }
    }
  }

  row(cells: string[]): string {
    return this.#line(cells);
  }

  #line(cells: string[]): string {
    const padded = cells.map((cell, at) => {
      const padding = ' '.repeat(Math.max(0, (this.#widths[at] ?? 0) - this.#widthOf(cell)));
      return this.columns[at]?.align === 'right' ? padding + cell : cell + padding;
    });
    return padded.join('  ').trimEnd();
  }

  #widthOf(text: string): number {
    return this.#stringWidth === null || PLAIN.test(text) ? text.length : this.#stringWidth(text);
  }
}
