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
  const lines = [['', ...columns, ...(withGoals ? ['goal'] : [])],
    ...rows.map((row) => [row.label, ...columns.map((_, index) => render(row.cells[index], row.decimals)), ...(withGoals ? [row.goal ?? ''] : [])])];
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  const table = lines.map((line) => line.map((cell, column) =>
    column === 0 || column > columns.length ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)).join('   ').trimEnd());
  return [title, ...table.map((line) => `  ${line}`), ...notes.map((note) => `  ${note}`), ''].join('\n');
}

function render(value: number | undefined, decimals = value !== undefined && Math.abs(value) < 10 ? 1 : 0): string {
  return value === undefined || Number.isNaN(value) ? '-' : value.toFixed(decimals);
}
