import { z } from 'zod';
import { commandSchema } from './service-config.command.js';

/** What an HTTP client can ask for: no blanks, no control characters, nothing beyond Latin-1. */
const pathSchema = z
  .string()
  .regex(/^\/[!"$-~\u00a1-\u00ff]*$/, 'expected a path that begins with /, such as /health');

/** Those that say where the message ends and what becomes of the connection: the probe sets them. */
const OF_THE_MESSAGE: ReadonlySet<string> = new Set([
  ...[
    'connection',
    'content-length',
    'expect',
    'keep-alive',
    'te',
    'trailer',
    'transfer-encoding',
    'upgrade',
  ],
]);

const MOST_HEADERS = 20;

const headersSchema = z
  .record(
    z
      .string()
      .regex(/^[A-Za-z][A-Za-z0-9-]{0,63}$/, 'expected the name of a header, such as Host')
      .refine(
        (name) => !OF_THE_MESSAGE.has(name.toLowerCase()),
        'expected a header that the probe does not set',
      ),
    z
      .string()
      .max(1_000)
      .regex(/^[\x20-\x7e]*$/, 'expected one line of printable ASCII'),
  )
  .refine(
    (headers) => Object.keys(headers).length <= MOST_HEADERS,
    `expected at most ${MOST_HEADERS} headers`,
  );

/** `health` of config.json: how to tell that an instance is well. */
export const healthSchema = z.strictObject(
  {
    /** Asked for by HTTP; without it and without a command, the port is asked by TCP. */
    path: pathSchema.optional(),
    /** Of that request; `Host` is `localhost` where it is left out. */
    headers: headersSchema.optional(),
    /** What the service speaks at its port. Its certificate is not checked: it is asked at the address of its node. */
    scheme: z.literal(['http', 'https']).optional(),
    /** Answers that are good; 2xx and 3xx where it is left out. */
    statuses: z.array(z.int().min(200).max(599)).min(1).max(50).optional(),
    /** Run within the container; good when it ends with 0. */
    command: commandSchema.optional(),
    /** One answer, or one run of the command, may take so long. */
    timeoutMs: z.int().min(100).max(60_000).default(2_000),
    /** From its start until its first good answer it may take so long; default by the platform's configuration. */
    startupMs: z.int().min(1_000).max(3_600_000).optional(),
    /** It must stay well, and up, for so long before it counts as running. Default by configuration. */
    stableMs: z.int().min(0).max(600_000).optional(),
  },
  'expected an object such as { "path": "/health" }',
);

type Health = z.output<typeof healthSchema>;

interface HealthProblem {
  readonly field: string;
  readonly expected: string;
}

/** What asks over the network; the first is what the others belong to. */
const ASKING = ['path', 'headers', 'scheme', 'statuses'] as const;
const OF_THE_PATH = ['headers', 'statuses'] as const;

/** What does not go together: a service with a port is asked, a worker cannot be. */
export function healthProblems(health: Health, port: number | undefined): readonly HealthProblem[] {
  const named = <F extends keyof Health>(fields: readonly F[]): readonly F[] =>
    fields.filter((field) => health[field] !== undefined);
  if (port === undefined)
    return named(ASKING).map((field) => ({
      field,
      expected: 'expected no such field: without port nobody can ask it; command can',
    }));
  // Without path and command the port is asked by TCP, in the same times.
  if (health.path !== undefined) return [];
  return named(OF_THE_PATH).map((field) => ({
    field,
    expected: 'expected path beside it, such as /health: it is of no use without',
  }));
}
