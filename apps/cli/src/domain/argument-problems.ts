import { inputProblems } from '#libs/contracts';
import type { z } from 'zod';

/** The argument that fills a field of a request. What is of several fields has none, and says itself which. */
const ARGUMENTS: Readonly<Record<string, string>> = {
  to: '<count>',
  by: '<count>',
  instance: '--instance',
  reason: '--reason',
  release: '--release',
  replicas: '--replicas',
  deadlineMs: '--timeout',
};

/** What a schema found wrong with a request, in the names of the command line: `--reason: expected ...`. */
export function argumentProblems(issues: readonly z.core.$ZodIssue[]): string {
  const problems = issues.flatMap((issue) =>
    inputProblems([issue]).map(({ field, expected }) => {
      const name = ARGUMENTS[field.split('.').at(-1) ?? ''];
      return issue.code === 'custom' || name === undefined ? expected : `${name}: ${expected}`;
    }),
  );
  return problems.join('; ');
}
