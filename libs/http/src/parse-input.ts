import { type z } from 'zod';
import { inputProblems, problemText } from '#libs/contracts';
import { ApiError } from './api-error.js';

/** A body or a query by its schema. Throws ApiError INPUT_INVALID (400) that names every field and what was expected. */
export function parseInput<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  throw new ApiError({
    status: 400,
    code: 'INPUT_INVALID',
    message: problemText(inputProblems(result.error.issues), 'body'),
    hint: 'Correct the named fields and send it again.',
  });
}
