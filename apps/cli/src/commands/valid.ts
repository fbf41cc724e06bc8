import type { z } from 'zod';
import { limitText } from '#libs/contracts';
import { usageError } from '../errors.js';

export interface Given {
  /** As the help writes it: `<app>`, `--token`. */
  readonly argument: string;
  readonly schema: z.ZodType<string>;
  /** Nothing is checked of what was left out. */
  readonly text: string | undefined;
}

/** Throws a usage error that names every wrong argument, what it is and, in the schema's words, what it must be. */
export function valid(...given: readonly Given[]): void {
  const problems = given.flatMap(problemOf);
  if (problems.length === 0) return;
  throw usageError('USAGE', problems.join('; '), {
    hint: 'Correct what is named above; --help shows examples.',
  });
}

function problemOf({ argument, schema, text }: Given): string[] {
  if (text === undefined) return [];
  const issues = schema.safeParse(text).error?.issues ?? [];
  if (issues.length === 0) return [];
  return [
    `${argument} is ${JSON.stringify(text)}: ${issues.map((issue) => limitText(issue) ?? issue.message).join(', ')}`,
  ];
}
