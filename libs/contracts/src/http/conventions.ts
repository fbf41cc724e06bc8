import { z } from 'zod';

/** The body of every answer that is an error. */
export const errorSchema = z.object({
  /** Stable, upper snake case. */
  code: z.string(),
  message: z.string(),
  /** What to do next. */
  hint: z.string(),
  /** Each of several things that are wrong with a machine; at enrolments and checks alone. */
  problems: z
    .array(
      z.looseObject({
        code: z.string(),
        severity: z.enum(['refuses', 'warns']),
        message: z.string(),
        hint: z.string(),
      }),
    )
    .optional(),
});

const MOST_ITEMS = 500;

/** A number in a query. What is no number there became NaN, and messages said so. */
export function queryNumber(least: number, most: number) {
  const expected = `expected a whole number from ${least} to ${most}`;
  return z.coerce.number(expected).int(expected).min(least, expected).max(most, expected);
}

/** Of every list that has pages. */
export const pageQuery = {
  limit: queryNumber(1, MOST_ITEMS).default(100),
  /** `next` of the page before. */
  after: z.string().min(1).max(1_000).optional(),
};

/** `next` is there when there is more: it is the next page's `after`. */
export const pageOf = <S extends z.ZodType>(item: S) =>
  z.looseObject({ items: z.array(item), next: z.string().optional() });

export type Page<T> = {
  readonly items: T[];
  readonly next?: string;
};

/** In UTC with Z. Apps of an older version write the zone as +00:00. */
export const answeredTime = z.iso.datetime({ offset: true });
