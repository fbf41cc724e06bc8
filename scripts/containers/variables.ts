import type { z } from 'zod';

interface Variable {
  /** Its value belongs into a secret. */
  readonly isSecret: boolean;
}

/** By name. */
export type Variables = ReadonlyMap<string, Variable>;

const AZURE_IDENTITY = ['AZURE_CLIENT_ID', 'AZURE_TENANT_ID', 'AZURE_FEDERATED_TOKEN_FILE'];
const TRACES = [
  ...['OTEL_RESOURCE_ATTRIBUTES', 'OTEL_TRACES_SAMPLER', 'OTEL_TRACES_SAMPLER_ARG'],
  ...['OTEL_BSP_SCHEDULE_DELAY', 'OTEL_BSP_EXPORT_TIMEOUT'],
  ...['OTEL_BSP_MAX_QUEUE_SIZE', 'OTEL_BSP_MAX_EXPORT_BATCH_SIZE'],
];

interface LibraryVariables {
  readonly settings?: readonly string[];
  readonly secrets: readonly string[];
}

/** What libraries of clouds and of traces read by themselves, for an app that has the variable on the left. */
export const readByLibraries: Readonly<Record<string, LibraryVariables>> = {
  AWS_REGION: { secrets: ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'] },
  AZURE_STORAGE_URL: { settings: AZURE_IDENTITY, secrets: ['AZURE_CLIENT_SECRET'] },
  OTEL_EXPORTER_OTLP_ENDPOINT: { settings: TRACES, secrets: ['OTEL_EXPORTER_OTLP_HEADERS'] },
};

/** The variables that an app reads, those of its own before the shared ones. */
export function variablesOf(schema: z.ZodObject): Variables {
  const variables = Object.entries(schema.shape).flatMap(([name, type]) => {
    const own = metaOf(type as z.ZodType, 'ownName');
    const isSecret = metaOf(type as z.ZodType, 'secret') === true;
    const names = typeof own === 'string' ? [own, name] : [name];
    return [...readBesides(name), ...names.map((each) => [each, { isSecret }] as const)];
  });
  return new Map(variables);
}

function readBesides(name: string): readonly (readonly [string, Variable])[] {
  const { settings = [], secrets = [] } = readByLibraries[name] ?? {};
  return [
    ...settings.map((each) => [each, { isSecret: false }] as const),
    ...secrets.map((each) => [each, { isSecret: true }] as const),
  ];
}

/** Found on the schema, or on what it wraps. */
function metaOf(schema: z.ZodType, key: string): unknown {
  const { innerType, in: input } = schema.def as { innerType?: z.ZodType; in?: z.ZodType };
  const inner = innerType ?? input;
  return schema.meta()?.[key] ?? (inner === undefined ? undefined : metaOf(inner, key));
}

/** Which servers an app needs, told by the variables it reads. */
const NEEDS: Readonly<Record<string, string>> = {
  KAFKA_BROKERS: 'kafka',
  DATABASE_URL: 'postgres',
  REDIS_URL: 'redis',
  AZURE_STORAGE_CONNECTION_STRING: 'blob',
};

export const needsOf = (variables: Variables): readonly string[] =>
  Object.keys(NEEDS).flatMap((name) => (variables.has(name) ? [NEEDS[name] ?? ''] : []));
