import type { z } from 'zod';
import { nearestName } from './nearest-name.js';

/** One thing that is wrong with an input. It names the field and never the value: that may be a secret. */
export interface InputProblem {
  /** Path of the field, such as `health.path`; empty for the whole input. */
  readonly field: string;
  readonly expected: string;
}

const UNKNOWN_FIELD = 'unknown field; check its spelling';

/** Fewer letters begin too many names. */
const LEAST_BEGUN = 3;

/** The last part of a path, and what stands before it. */
const partsOf = (field: string): { readonly within: string; readonly name: string } => {
  const dot = field.lastIndexOf('.');
  return { within: field.slice(0, dot + 1), name: field.slice(dot + 1) };
};

/**
 * With the field that was meant by an unknown one, where one of `fields` is near it: one of the same object, or one that
 * the name begins, such as `resources.memoryMiB` for `memory`. `fields` are paths.
 */
export function withMeantField(problem: InputProblem, fields: readonly string[]): InputProblem {
  if (problem.expected !== UNKNOWN_FIELD) return problem;
  const { within, name } = partsOf(problem.field);
  const beside = fields.filter((one) => partsOf(one).within === within);
  const near = nearestName(
    name,
    beside.map((one) => partsOf(one).name),
  );
  const begun = (within === '' ? fields : beside).find((one) =>
    partsOf(one).name.toLowerCase().startsWith(name.toLowerCase()),
  );
  const meant = near === undefined ? (name.length < LEAST_BEGUN ? undefined : begun) : `${within}${near}`;
  return meant === undefined ? problem : { ...problem, expected: `unknown field; is ${meant} meant?` };
}

/** What a schema found wrong with an input, at once and in its order. */
export function inputProblems(issues: readonly z.core.$ZodIssue[]): readonly InputProblem[] {
  return issues.flatMap(problemsOf);
}

/** `field: what was expected; ...`, of an item with its number in brackets. `whole` names the input itself. */
export function problemText(problems: readonly InputProblem[], whole: string): string {
  return problems
    .map(({ field, expected }) => `${field === '' ? whole : shownField(field)}: ${expected}`)
    .join('; ');
}

/** As people write it: `windows[0].cron`. */
const shownField = (field: string): string => field.replace(/\.(\d+)(?=\.|$)/g, '[$1]');

function problemsOf(issue: z.core.$ZodIssue): InputProblem[] {
  const field = fieldOf(issue.path);
  if (issue.code !== 'unrecognized_keys') return [{ field, expected: expectedBy(issue) }];
  return issue.keys.map((key) => ({
    field: fieldOf([...issue.path, key]),
    expected: UNKNOWN_FIELD,
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
  const text = limitText(issue) ?? issue.message.replace(/^Invalid (?:input|option|string): /, '');
  return text.replace(/, received undefined$/, '; it is missing');
}

/** What is counted, one and many; numbers are not counted. */
const COUNTED: Readonly<Record<string, readonly [string, string]>> = {
  string: ['character', 'characters'],
  array: ['item', 'items'],
};

/** A limit of zod's in plain words: `expected at most 500 characters`. Undefined where the schema has words of its own. */
export function limitText(issue: z.core.$ZodIssue): string | undefined {
  if (issue.code !== 'too_big' && issue.code !== 'too_small') return undefined;
  if (!/^Too (?:big|small): /.test(issue.message)) return undefined;
  const isMost = issue.code === 'too_big';
  const limit = isMost ? issue.maximum : issue.minimum;
  const inclusive = isMost ? 'at most' : 'at least';
  const words = issue.inclusive === false ? (isMost ? 'less than' : 'more than') : inclusive;
  const [one, many] = COUNTED[issue.origin] ?? [];
  return ['expected', words, String(limit), Number(limit) === 1 ? one : many].filter(Boolean).join(' ');
}

/** Of another type altogether than this alternative. */
const isOtherType = ([issue, ...more]: readonly z.core.$ZodIssue[]): boolean =>
  more.length === 0 && issue?.code === 'invalid_type' && issue.path.length === 0;

/** An alternative of another type says nothing to who meant one of the right type. */
function eitherOf(branches: readonly (readonly z.core.$ZodIssue[])[]): string {
  if (branches.length === 0) return UNSAID;
  const near = branches.filter((issues) => !isOtherType(issues));
  const each = (near.length === 0 ? branches : near).map((issues) =>
    problemText(inputProblems(issues), '').replace(/^: /, ''),
  );
  return [...new Set(each)].join(', or ');
}
