import { type z } from 'zod';
import { ApiError } from './api-error.js';

/** A body or a query by its schema. Throws ApiError INPUT_INVALID (400) that names every field, its value and what was expected. */
export function parseInput<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const result = schema.safeParse(input, { reportInput: true });
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => {
    const field = issue.path.join('.') || 'body';
    return `${field} is ${shown(field, issue.input)}: ${issue.message}`;
  });
  throw new ApiError({
    status: 400,
    code: 'INPUT_INVALID',
    message: problems.join('; '),
    hint: 'Correct the named fields and send it again.',
  });
}

const SECRET = /login|password|privateKey|token/i;
const LONGEST = 100;

function shown(field: string, value: unknown): string {
  if (value === undefined) return 'missing';
  if (SECRET.test(field)) return '[redacted]';
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'an object';
  const text = JSON.stringify(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}...` : text;
}
