/** A condition and its values, which begin at $1. */
export interface Where {
  readonly sql: string;
  readonly values: readonly unknown[];
}

/**
 * That each column has its value; a column whose value is undefined is not asked about. A statement for each set of
 * columns: one for all of them, with `$1 IS NULL OR`, is planned once and then reads no index. Names of columns come
 * from code, never from input.
 */
export function whereEqual(wanted: Readonly<Record<string, unknown>>): Where {
  const given = Object.entries(wanted).filter(([, value]) => value !== undefined);
  return {
    sql: ['true', ...given.map(([column], index) => `${column} = $${index + 1}`)].join(' AND '),
    values: given.map(([, value]) => value),
  };
}
