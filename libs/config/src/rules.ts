import type { z } from 'zod';

/** What the variables hold. Where others are wrong, a rule is checked too, and these may be missing. */
export type Given = Readonly<Record<string, unknown>>;

/** Of variables that are right each by itself. */
export interface Rule {
  /** The variable that is named where the rule does not hold. */
  readonly name: string;
  readonly expected: string;
  holds(given: Given): boolean;
}

export const isSet = (given: Given, name: string): boolean => given[name] !== undefined;

/** Of a variable that means nothing without another. */
export const onlyWith = (name: string, condition: (given: Given) => boolean, expected: string): Rule => ({
  name,
  expected,
  holds: (given) => !isSet(given, name) || condition(given),
});

/** Of a variable that another one needs. */
export const neededBy = (name: string, condition: (given: Given) => boolean): Rule => ({
  name,
  expected: 'expected a value',
  holds: (given) => isSet(given, name) || !condition(given),
});

/** The same schema with rules: what breaks them is listed with all other problems. */
export const withRules = <S extends z.ZodType>(schema: S, rules: readonly Rule[]): S =>
  rules.reduce(
    (checked, { name, expected, holds }) =>
      checked.refine((config) => holds((config ?? {}) as Given), {
        path: [name],
        error: expected,
        when: () => true,
      }),
    schema,
  );
