import { z } from 'zod';
import { secretNameSchema, variableNameSchema } from './names.js';
import { legacyConfigSchema, fromLegacy, isLegacy } from './service-config.legacy.js';

/** Where Linux runs on: words, one argument each. A string is split at spaces; nothing is ever given to a shell. */
const commandSchema = z.union([
  z
    .string()
    .trim()
    .min(1)
    .transform((text) => text.split(/\s+/)),
  z.array(z.string().min(1)).min(1),
]);

const pathSchema = z.string().regex(/^\/[^\s#]*$/, 'a path that begins with /, such as /health');

const healthSchema = z.strictObject({
  /** Answered with 2xx or 3xx when the service is well. */
  path: pathSchema,
  /** One answer may take so long. */
  timeoutMs: z.int().min(100).max(60_000).default(2_000),
  /** From its start until its first good answer it may take so long; default by the platform's configuration. */
  startupMs: z.int().min(1_000).max(3_600_000).optional(),
  /** Of a replacement: it must stay well for so long before the old one is stopped; default by configuration. */
  stableMs: z.int().min(0).max(600_000).optional(),
});

const resourcesSchema = z.strictObject({
  /** Cores; 0.5 is half a core. */
  cpu: z.number().min(0.01).max(256).default(0.25),
  /** Below 6 MiB an engine refuses. */
  memoryMiB: z.int().min(6).max(1_048_576).default(256),
});

const stopSchema = z.strictObject({
  signal: z
    .string()
    .regex(/^SIG[A-Z0-9+]{1,12}$/, 'a signal such as SIGTERM')
    .default('SIGTERM'),
  graceMs: z.int().min(0).max(600_000).default(10_000),
  /** Between the moment it gets no more traffic and the signal; default by configuration. */
  drainMs: z.int().min(0).max(600_000).optional(),
});

const MAX_SECRETS = 50;

const secretReferencesSchema = z
  .record(variableNameSchema, secretNameSchema)
  .refine((secrets) => Object.keys(secrets).length <= MAX_SECRETS, `at most ${MAX_SECRETS} secrets`);

/** config.json at the root of a service's archive. */
export const serviceConfigSchema = z.strictObject({
  /** For editors. */
  $schema: z.string().optional(),
  runtime: z.enum(['python', 'node', 'static', 'dockerfile']),
  /** Of the runtime, such as 3.13 or 24; default: the configured base image. */
  version: z
    .string()
    .regex(/^[0-9A-Za-z][0-9A-Za-z.-]{0,31}$/, 'a version such as 3.13')
    .optional(),
  port: z.int().min(1).max(65_535),
  command: commandSchema.optional(),
  install: commandSchema.optional(),
  build: commandSchema.optional(),
  env: z.record(variableNameSchema, z.string()).default({}),
  /** By environment variable, the name of the secret that is its value. */
  secrets: secretReferencesSchema.optional(),
  health: healthSchema.optional(),
  resources: resourcesSchema.prefault({}),
  replicas: z.int().min(1).max(50).default(1),
  stop: stopSchema.prefault({}),
  /** Only in what the older form was turned into. */
  legacy: z.strictObject({ baseImage: z.string(), workdir: z.string(), packagesFile: z.string() }).optional(),
});

export type ServiceConfig = z.output<typeof serviceConfigSchema>;

/** What is written into the file; a variable has one source only. */
const currentConfigSchema = serviceConfigSchema
  .omit({ legacy: true })
  .superRefine(({ env, secrets = {} }, context) => {
    for (const variable of Object.keys(secrets)) {
      const message = secretVariableProblem(variable, env);
      if (message !== undefined)
        context.addIssue({ code: 'custom', path: ['secrets', variable], message, input: variable });
    }
  });

function secretVariableProblem(variable: string, env: Readonly<Record<string, string>>): string | undefined {
  if (variable === 'PORT') return 'another variable: PORT is the port of config.json';
  if (Object.hasOwn(env, variable)) return `${variable} in env or in secrets, not in both`;
  return undefined;
}

export interface ConfigFileProblem {
  /** Path of the field, such as `health.path`; empty for the whole file. */
  readonly field: string;
  /** What stands there, as JSON; `nothing` when it is missing. */
  readonly value: string;
  readonly expected: string;
}

/** Everything that is wrong with a config.json, at once. */
export class ConfigFileError extends Error {
  readonly code = 'CONFIG_INVALID';
  readonly hint =
    'Correct config.json and push the service again; docs/config.schema.json describes every field.';

  constructor(
    readonly problems: readonly ConfigFileProblem[],
    options?: { cause?: unknown },
  ) {
    const lines = problems.map(
      (p) => `${p.field === '' ? 'the file' : p.field} is ${p.value}, expected: ${p.expected}`,
    );
    super(`config.json: ${lines.join('; ')}`, options);
    this.name = 'ConfigFileError';
  }
}

const MAX_SHOWN = 80;

function valueAt(root: unknown, path: readonly PropertyKey[]): string {
  const value = path.reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined),
    root,
  );
  if (value === undefined) return 'nothing';
  // Who wrote a value in place of a name is not to read it again in a reply.
  if (path[0] === 'secrets' && typeof value === 'string' && !secretNameSchema.safeParse(value).success)
    return "no secret's name";
  const text = JSON.stringify(value);
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}...` : text;
}

function problemsOf(root: unknown, issues: readonly z.core.$ZodIssue[]): ConfigFileProblem[] {
  return issues.flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys') {
      return [{ field: issue.path.join('.'), value: valueAt(root, issue.path), expected: issue.message }];
    }
    return issue.keys.map((key) => {
      const path = [...issue.path, key];
      return {
        field: path.join('.'),
        value: valueAt(root, path),
        expected: 'no such field; check its spelling',
      };
    });
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, '')) as unknown;
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigFileError([{ field: '', value: 'not JSON', expected: `a JSON object (${said})` }], {
      cause,
    });
  }
}

/** Reads a config.json of either form. Throws ConfigFileError that lists every problem. */
export function parseServiceConfig(text: string): ServiceConfig {
  const root = parseJson(text);
  if (!isLegacy(root)) return check(currentConfigSchema, root, root);
  return check(serviceConfigSchema, fromLegacy(check(legacyConfigSchema, root, root)), root);
}

function check<S extends z.ZodType>(schema: S, value: unknown, root: unknown): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new ConfigFileError(problemsOf(root, result.error.issues));
}
