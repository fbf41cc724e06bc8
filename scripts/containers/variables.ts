import type { z } from 'zod';

interface Variable {
  /** Its value belongs into a secret. */
  readonly isSecret: boolean;
}

/** By name. */
export type Variables = ReadonlyMap<string, Variable>;

/** The variables that a schema reads, those of an app's own before the shared ones. */
export function variablesOf(schema: z.ZodObject): Variables {
  const variables = Object.entries(schema.shape).flatMap(([name, type]) => {
    const own = metaOf(type as z.ZodType, 'ownName');
    const isSecret = metaOf(type as z.ZodType, 'secret') === true;
    const names = typeof own === 'string' ? [own, name] : [name];
    return names.map((each) => [each, { isSecret }] as const);
  });
  return new Map(variables);
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
