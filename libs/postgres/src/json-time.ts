/** SQL: a timestamptz as JSON answers have it, `2026-01-01T00:00:00.000Z`. Postgres itself writes the zone as +00:00. */
export const jsonTime = (column: string): string =>
  `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
