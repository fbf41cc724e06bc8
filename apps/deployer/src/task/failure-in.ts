/** SQL: how a task failed, by the column that holds its result; null where it has not. */
export const failureIn = (result: string): string =>
  `CASE WHEN ${result} ? 'error' THEN json_build_object('code', ${result} #>> '{error,code}', 'message', ${result} #>> '{error,message}') END`;
