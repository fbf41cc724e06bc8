import { z } from 'zod';

/** What an HTTP client can ask for: no blanks, no control characters, nothing beyond Latin-1. */
const pathSchema = z
  .string()
  .regex(/^\/[!"$-~\u00a1-\u00ff]*$/, 'expected a path that begins with /, such as /health');

/** `health` of config.json: how to tell that an instance is well. */
export const healthSchema = z.strictObject({
  /** Answered with 2xx or 3xx when the service is well. */
  path: pathSchema.optional(),
  /** One answer may take so long. */
  timeoutMs: z.int().min(100).max(60_000).default(2_000),
  /** From its start until its first good answer it may take so long; default by the platform's configuration. */
  startupMs: z.int().min(1_000).max(3_600_000).optional(),
  /**
   * Of a replacement: it must stay well for so long before the old one is stopped. Of a worker: it must stay up for so
   * long. Default by configuration.
   */
  stableMs: z.int().min(0).max(600_000).optional(),
});

type Health = z.output<typeof healthSchema>;

interface HealthProblem {
  readonly field: string;
  readonly expected: string;
}

/** What does not go together: a service with a port is asked, a worker cannot be. */
export function healthProblems(health: Health, port: number | undefined): readonly HealthProblem[] {
  if (port !== undefined)
    return health.path === undefined ? [{ field: 'path', expected: 'expected a path, such as /health' }] : [];
  return health.path === undefined
    ? []
    : [{ field: 'path', expected: 'expected no path: without port nobody can ask for it' }];
}
