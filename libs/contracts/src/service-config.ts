import { z } from 'zod';
import { type InputProblem, inputProblems, problemText, withMeantField } from './input-problems.js';
import { MOST_INSTANCES, secretNameSchema, storableText, variableNameSchema } from './names.js';
import { parseCommentedJson } from './parse-commented-json.js';
import { JsonError } from './parse-json.js';
import { buildSecretProblems, buildSecretsSchema, MOST_SECRETS } from './service-config.build-secrets.js';
import { commandSchema } from './service-config.command.js';
import { folderSchema, tmpfsSchema, userSchema } from './service-config.container.js';
import { dockerfileSchema } from './service-config.dockerfile.js';
import { unusedFields } from './service-config.fields.js';
import { healthProblems, healthSchema } from './service-config.health.js';
import { prioritySchema } from './priority.js';
import { placementSchema } from './service-config.placement.js';
import { volumeProblems, volumesSchema } from './service-config.volumes.js';
import { routesSchema, trafficSchema } from './routes.js';
import { scalingFields, scalingPolicySchema } from './scaling-policy.js';
import { scalingProblems } from './service-config.scaling.js';
import { legacyConfigSchema, fromLegacy, isLegacy } from './service-config.legacy.js';
import { fallbackSchema, headersSchema, outputSchema, redirectsSchema } from './service-config.site.js';

/** `python`, `node`, `static`, `dockerfile`, or another name in the deployer's BASE_IMAGES. */
const runtimeSchema = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,31}$/, 'expected a runtime such as python, node, static, dockerfile or go');

/** As `docker pull` takes it: registry, repository, tag or digest. */
const imageSchema = z
  .string()
  .max(500)
  .regex(
    /^[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?::\d{1,5})?(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*(?::[A-Za-z0-9_][\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$/,
    'expected an image such as nginx:1.28 or registry.example/team/app@sha256:...',
  );

const resourcesSchema = z.strictObject(
  {
    /** Cores; 0.5 is half a core. */
    cpu: z.number().min(0.01).max(256).default(0.25),
    /** Below 6 MiB an engine refuses. */
    memoryMiB: z.int().min(6).max(1_048_576).default(256),
  },
  'expected an object such as { "cpu": 0.5, "memoryMiB": 256 }',
);

const stopSchema = z.strictObject({
  signal: z
    .string()
    .regex(/^SIG[A-Z0-9+]{1,12}$/, 'expected a signal such as SIGTERM')
    .default('SIGTERM'),
  graceMs: z.int().min(0).max(600_000).default(10_000),
  /** Between the moment it gets no more traffic and the signal; default by configuration. */
  drainMs: z.int().min(0).max(600_000).optional(),
});

const observeSchema = z.strictObject({
  /** `true`: the CPU of each instance is read every 100 ms. */
  cpuPeaks: z.boolean(),
});

const secretReferencesSchema = z
  .record(variableNameSchema, secretNameSchema)
  .refine(
    (secrets) => Object.keys(secrets).length <= MOST_SECRETS,
    `expected at most ${MOST_SECRETS} secrets`,
  );

/** config.json at the root of a service's archive. */
export const serviceConfigSchema = z.strictObject({
  /** For editors. */
  $schema: storableText().optional(),
  /** Found out from the files where it is left out. */
  runtime: runtimeSchema.optional(),
  /** Of the runtime, such as 3.13 or 24; default: the configured base image. */
  version: z
    .string('expected a text such as "3.13"')
    .regex(/^[0-9A-Za-z][0-9A-Za-z.-]{0,31}$/, 'expected a version such as 3.13')
    .optional(),
  /** Of the runtime `image`: what somebody else built. */
  image: imageSchema.optional(),
  /** Without it, the service is a worker: nobody connects to it. */
  port: z.int().min(1).max(65_535).optional(),
  command: commandSchema.optional(),
  install: commandSchema.optional(),
  build: commandSchema.optional(),
  /** Runs once for each release, before the first instance of it, such as migrations of a database. */
  release: commandSchema.optional(),
  /** Of a Dockerfile: where it lies; default: at the root. */
  dockerfile: dockerfileSchema.optional(),
  /** Of a Dockerfile: the stage that is built. */
  target: z
    .string()
    .regex(/^[A-Za-z0-9][\w.-]{0,127}$/, 'expected the name of a stage, such as release')
    .optional(),
  /** Of a Dockerfile: its build arguments. */
  args: z.record(variableNameSchema, storableText()).optional(),
  /** Of a site: the folder that is served. */
  output: outputSchema.optional(),
  /** Of a site: the page for every path without a file. */
  fallback: fallbackSchema.optional(),
  /** Of a site. */
  headers: headersSchema.optional(),
  /** Of a site. */
  redirects: redirectsSchema.optional(),
  env: z.record(variableNameSchema, storableText()).default({}),
  /** By environment variable, the name of the secret that is its value. */
  secrets: secretReferencesSchema.optional(),
  /** By the id that the build knows it by, the name of the secret that is its value. */
  buildSecrets: buildSecretsSchema.optional(),
  health: healthSchema.optional(),
  resources: resourcesSchema.prefault({}),
  replicas: z.int().min(1).max(MOST_INSTANCES).default(1),
  /** How many instances there are by load; default: as many as `replicas` says. */
  scaling: scalingPolicySchema.optional(),
  /** How many instances may be missing so that a node that is drained becomes empty; default: none. */
  maxUnavailable: z.int().min(0).max(MOST_INSTANCES).optional(),
  stop: stopSchema.prefault({}),
  /** On which nodes it may run; default: on any that has room. */
  placement: placementSchema.optional(),
  /** Of services that wait for room, those with the higher priority get it first; default: 0. */
  priority: prioritySchema.optional(),
  /** Runs the service; default: the user that the image names. */
  user: userSchema.optional(),
  /** The folder that the service is started in; default: the image's. */
  workdir: folderSchema.optional(),
  /** Folders in memory. */
  tmpfs: tmpfsSchema.optional(),
  /** Folders whose content outlives the instance. */
  volumes: volumesSchema.optional(),
  /** Nothing is written outside `tmpfs`, volumes and /tmp. */
  readOnly: z.boolean().optional(),
  /** `false`: the service is process 1 of its container. */
  init: z.boolean().optional(),
  /** Where clients reach it at the gateway, beside its own address. */
  routes: routesSchema.optional(),
  /** How the gateway treats its requests. */
  traffic: trafficSchema.optional(),
  /** What the agent reads of its instances beside the usual. */
  observe: observeSchema.optional(),
  /** Only in what the older form was turned into. */
  legacy: z.strictObject({ baseImage: z.string(), workdir: z.string(), packagesFile: z.string() }).optional(),
  /** Only in what was read: `replicas` is the default, for the file names none. */
  defaultReplicas: z.literal(true).optional(),
});

export type ServiceConfig = z.output<typeof serviceConfigSchema>;

const STATIC_PORT = 'expected a port: a static site is given out by a web server';

/** What is written into the file: a variable has one source only, and each field is of use to the runtime. */
const currentConfigSchema = serviceConfigSchema
  .omit({ legacy: true, defaultReplicas: true })
  .superRefine(({ env, secrets = {} }, context) => {
    for (const variable of Object.keys(secrets)) {
      const message = secretVariableProblem(variable, env);
      if (message !== undefined)
        context.addIssue({ code: 'custom', path: ['secrets', variable], message, input: variable });
    }
  })
  .superRefine(({ env, port }, context) => {
    if (port === undefined || env['PORT'] === undefined || env['PORT'] === String(port)) return;
    const message = 'expected no other port than that of the field port, from which PORT is set';
    context.addIssue({ code: 'custom', path: ['env', 'PORT'], message, input: undefined });
  })
  .superRefine((config, context) => {
    for (const { field, expected } of volumeProblems(config))
      context.addIssue({ code: 'custom', path: [field], message: expected, input: undefined });
  })
  .superRefine(({ routes = [], traffic = {}, port }, context) => {
    if (port !== undefined) return;
    const message = 'expected port beside it: without one nobody can connect to the service';
    const said = { routes: routes.length > 0, traffic: Object.keys(traffic).length > 0 };
    for (const [field, isSaid] of Object.entries(said))
      if (isSaid) context.addIssue({ code: 'custom', path: [field], message, input: undefined });
  })
  .superRefine((config, context) => {
    for (const { field, expected } of scalingProblems(config))
      context.addIssue({ code: 'custom', path: field.split('.'), message: expected, input: undefined });
  })
  .superRefine(({ health, port }, context) => {
    for (const { field, expected } of health === undefined ? [] : healthProblems(health, port))
      context.addIssue({ code: 'custom', path: ['health', field], message: expected, input: undefined });
  })
  .superRefine((config, context) => {
    // Of a runtime that is found out, the detection says it: only it knows.
    if (config.runtime === undefined) return;
    if (config.runtime === 'static' && config.port === undefined)
      context.addIssue({ code: 'custom', path: ['port'], message: STATIC_PORT, input: undefined });
    for (const { field, expected } of unusedFields(config, config.runtime))
      context.addIssue({ code: 'custom', path: [field], message: expected, input: field });
    for (const { field, expected } of buildSecretProblems(config, config.runtime))
      context.addIssue({ code: 'custom', path: [...field], message: expected, input: undefined });
    if (config.runtime === 'image' && config.image === undefined)
      context.addIssue({
        code: 'custom',
        path: ['image'],
        message: 'expected the image that is run',
        input: '',
      });
  });

function secretVariableProblem(variable: string, env: Readonly<Record<string, string>>): string | undefined {
  if (variable === 'PORT') return 'expected another variable: PORT is set from the field port';
  if (Object.hasOwn(env, variable)) return `expected ${variable} in env or in secrets, not in both`;
  return undefined;
}

/** Everything that is wrong with a config.json, at once. It holds no value of the file. */
export class ConfigFileError extends Error {
  readonly code = 'CONFIG_INVALID';
  readonly hint =
    'Correct config.json and push the service again; docs/config.schema.json describes every field.';

  constructor(readonly problems: readonly InputProblem[]) {
    super(`config.json: ${problemText(problems, 'the file')}`);
    this.name = 'ConfigFileError';
  }
}

/** As Windows PowerShell writes texts: read as UTF-8, its byte order mark is no character, and letters have zeros beside them. */
const isUtf16 = (text: string): boolean => /^\uFFFD\uFFFD|\0/.test(text);

function readJson(text: string): unknown {
  const expected = isUtf16(text)
    ? 'expected UTF-8: it is saved as UTF-16, as PowerShell does; save it as UTF-8'
    : 'expected an object in braces: it is empty';
  if (isUtf16(text) || /^\uFEFF?\s*$/.test(text)) throw new ConfigFileError([{ field: '', expected }]);
  try {
    return parseCommentedJson(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw new ConfigFileError([{ field: '', expected: error.message }]);
  }
}

/** A task stores it with its source and with its release. */
export const LARGEST_CONFIG_BYTES = 262_144;

/** Reads a config.json of either form. Throws ConfigFileError that lists every problem. */
export function parseServiceConfig(text: string): ServiceConfig {
  if (Buffer.byteLength(text) > LARGEST_CONFIG_BYTES)
    throw new ConfigFileError([{ field: '', expected: `expected at most ${LARGEST_CONFIG_BYTES} bytes` }]);
  const root = readJson(text);
  if (isLegacy(root)) {
    const older = check(serviceConfigSchema, fromLegacy(check(legacyConfigSchema, root)));
    return { ...older, defaultReplicas: true };
  }
  const config = check(currentConfigSchema, root);
  return namesReplicas(root) ? config : { ...config, defaultReplicas: true };
}

const namesReplicas = (root: unknown): boolean =>
  typeof root === 'object' && root !== null && Object.hasOwn(root, 'replicas');

/** The fields that a file may have, and those of their objects. */
function writtenFields(): readonly string[] {
  const { shape } = serviceConfigSchema.omit({ legacy: true, defaultReplicas: true });
  const objects = { health: healthSchema, resources: resourcesSchema, stop: stopSchema };
  const within = Object.entries({
    ...objects,
    placement: placementSchema,
    observe: observeSchema,
    traffic: trafficSchema,
    scaling: scalingFields,
  });
  return [
    ...Object.keys(shape),
    ...within.flatMap(([field, object]) => Object.keys(object.shape).map((name) => `${field}.${name}`)),
  ];
}

function check<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const written = writtenFields();
  throw new ConfigFileError(inputProblems(result.error.issues).map((one) => withMeantField(one, written)));
}
