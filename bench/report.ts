// How the figures are printed: tables for people, one JSON document for programs, and what must be exactly so.

export interface Row {
  readonly label: string;
  /** One a column; undefined prints a dash. */
  readonly cells: readonly (number | undefined)[];
  /** What the figure should be, in words, where issue or design give a goal. */
  readonly goal?: string;
  readonly decimals?: number;
}

export interface Section {
  readonly title: string;
  /** One called `ratio` is printed with two decimals. */
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
  readonly notes?: readonly string[];
}

/** What a part found. `wrong` are broken promises, not slow figures: each makes the bench fail. */
export interface Finding {
  readonly sections: readonly Section[];
  readonly wrong: readonly string[];
}

export function renderTables(sections: readonly Section[]): string {
  return sections.map(renderTable).join('\n');
}

function renderTable({ title, columns, rows, notes = [] }: Section): string {
  const withGoals = rows.some(({ goal }) => goal !== undefined);
  const lineOf = (label: string, cells: readonly string[], goal: string) =>
    [label, ...cells, ...(withGoals ? [goal] : [])];
  const lines = [lineOf('', columns, 'goal'), ...rows.map(({ label, cells, goal = '', decimals }) =>
    lineOf(label, columns.map((name, index) => render(cells[index], name === 'ratio' ? 2 : decimals)), goal))];
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  const isText = (column: number) => column === 0 || column > columns.length;
  const table = lines.map((line) => line.map((cell, column) =>
    isText(column) ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)).join('   ').trimEnd());
  return [title, ...table.map((line) => `  ${line}`), ...notes.map((note) => `  ${note}`), ''].join('\n');
}

function render(value: number | undefined, decimals = value !== undefined && Math.abs(value) < 10 ? 1 : 0): string {
  return value === undefined || Number.isNaN(value) ? '-' : value.toFixed(decimals);
}
