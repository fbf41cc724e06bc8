import { describe, expect, it } from 'vitest';
import { type Column, fittedTable } from './fitted-table.js';

interface Row {
  readonly name: string;
  readonly count: number;
}

const columns: readonly Column<Row>[] = [
  { head: 'NAME', text: ({ name }) => name },
  { head: 'COUNT', text: ({ count }) => String(count), isFigure: true, dispensable: 1 },
  { head: 'TWICE', text: ({ count }) => String(2 * count), isFigure: true, dispensable: 2 },
];
const rows = [
  { name: 'a', count: 7 },
  { name: 'long-name', count: 1234567 },
];

describe('a table that fits', () => {
  it('has figures at the right, names at the left', () => {
    expect(fittedTable(columns, rows, 80)).toEqual({
      lines: ['NAME         COUNT    TWICE', 'a                7       14', 'long-name  1234567  2469134'],
      leftOut: [],
    });
  });

  it.each([
    [27, []],
    [26, ['TWICE']],
    [18, ['TWICE']],
    [17, ['COUNT', 'TWICE']],
    [3, ['COUNT', 'TWICE']],
  ])('in %d columns goes without %j, and keeps the rest whole', (width, leftOut) => {
    const table = fittedTable(columns, rows, width);
    expect(table.leftOut).toEqual(leftOut);
    expect(table.lines[0]?.trimEnd().split(/ +/)).toEqual(
      columns.map(({ head }) => head).filter((head) => !leftOut.includes(head)),
    );
  });
});
