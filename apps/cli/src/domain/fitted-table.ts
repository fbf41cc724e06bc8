export interface Column<Row> {
  readonly head: string;
  readonly text: (row: Row) => string;
  /** Stands at the right of its column. */
  readonly isFigure?: true;
  /** Its least width, so that figures that change from second to second move no column. */
  readonly least?: number;
  /** Of columns that find no room, the highest goes first; one without it always stays. */
  readonly dispensable?: number;
}

export interface FittedTable {
  readonly lines: readonly string[];
  /** The heads of the columns that found no room. */
  readonly leftOut: readonly string[];
}

const GAP = '  ';

/** A table of at most this width, if that can be had by leaving columns out. */
export function fittedTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  width: number,
): FittedTable {
  const cells = columns.map((column) => ({ column, cells: cellsOf(column, rows) }));
  let kept = cells;
  const leftOut: string[] = [];
  while (widthOf(kept) > width) {
    const next = kept
      .filter(({ column }) => column.dispensable !== undefined)
      .toSorted((a, b) => Number(b.column.dispensable) - Number(a.column.dispensable))[0];
    if (next === undefined) break;
    leftOut.push(next.column.head);
    kept = kept.filter((one) => one !== next);
  }
  const heads = columns.map(({ head }) => head).filter((head) => leftOut.includes(head));
  return { lines: linesOf(kept, rows.length + 1), leftOut: heads };
}

interface Cells {
  readonly cells: readonly string[];
}

function cellsOf<Row>(
  { head, text, isFigure, least = 0 }: Column<Row>,
  rows: readonly Row[],
): readonly string[] {
  const cells = [head, ...rows.map(text)];
  const width = Math.max(least, ...cells.map((cell) => cell.length));
  return cells.map((cell) => (isFigure ? cell.padStart(width) : cell.padEnd(width)));
}

const widthOf = (kept: readonly Cells[]): number => linesOf(kept, 1)[0]?.length ?? 0;

const linesOf = (kept: readonly Cells[], count: number): readonly string[] =>
  Array.from({ length: count }, (_, line) => kept.map(({ cells }) => cells[line] ?? '').join(GAP));
