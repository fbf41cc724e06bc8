import type { z } from 'zod';

/** One thing that is wrong with an input. It names the field and never the value: that may be a secret. */
export interface InputProblem {
  /** Path of the field, such as `health.path`; empty for the whole input. */
  readonly field: string;
  readonly expected: string;
}

/** What a schema found wrong with an input, at once and in its order. */
export function inputProblems(issues: readonly z.core.$ZodIssue[]): readonly InputProblem[] {
  return issues.flatMap(problemsOf);
}

/** `field: what was expected; ...`. `whole` names the input itself. */
export function problemText(problems: readonly InputProblem[], whole: string): string {
  return problems.map(({ field, expected }) => `${field === '' ? whole : field}: ${expected}`).join('; ');
}

function problemsOf(issue: z.core.$ZodIssue): InputProblem[] {
  const field = fieldOf(issue.path);
  if (issue.code !== 'unrecognized_keys') return [{ field, expected: expectedBy(issue) }];
  return issue.keys.map((key) => ({
    field: fieldOf([...issue.path, key]),
    expected: 'unknown field; check its spelling',
  }));
}

/** What else stands in the place of a name may be a value, such as after a forgotten comma. */
const NAME = /^[\w$-]{1,64}$/;

const fieldOf = (path: readonly PropertyKey[]): string =>
  path.map((part) => (NAME.test(String(part)) ? String(part) : '(not a field name)')).join('.');

/** What zod says of a union without a message of its own. */
const UNSAID = 'Invalid input';

/** zod's own messages say what was expected and the type of what was received, never the value. */
function expectedBy(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_union' && issue.message === UNSAID) return eitherOf(issue.errors);
  if (issue.code === 'invalid_key') return issue.issues.map(expectedBy).join(', ');
  const text = issue.message.replace(/^(?:Invalid (?:input|option|string)|Too (?:big|small)): /, '');
  return text.replace(/, received undefined$/, '; it is missing');
}

function eitherOf(branches: readonly (readonly z.core.$ZodIssue[])[]): string {
  if (branches.length === 0) return UNSAID;
  const each = branches.map((issues) => problemText(inputProblems(issues), '').replace(/^: /, ''));
  return [...new Set(each)].join(', or ');
}
