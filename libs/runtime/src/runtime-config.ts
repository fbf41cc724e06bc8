import { hostname } from 'node:os';
import { z } from 'zod';
import { durationMs, kafkaVariables, port, withKafkaRules } from '#libs/config';
import { databaseVariables, withDatabaseRules } from './database-config.js';

const httpUrl = () =>
  z.url({ protocol: /^https?$/, error: 'expected http://host:port or https://host:port' });

/** Each app listens at a port of its own. */
export const httpPort = () => port().default(0).describe('The port of the HTTP server; 0 takes a free one.');

/** Each app has replicas of its own. */
export const replicaName = () =>
  z.string().default(`${hostname()}-${process.pid}`).meta({
    description: 'The name of this replica, unique among all.',
    shownDefault: 'host name and process id',
  });

/** What an app reads that deletes old rows of its tables. */
export const oldRowsVariables = {
  // A message that comes again after its row was deleted would be handled again. By default Kafka keeps messages 7 days,
  // and twice that in an open segment.
  SLIPWAY_OLD_ROWS_DAYS: z.coerce
    .number()
    .min(1)
    .max(3_650)
    .default(14)
    .describe('How many days finished rows are kept; longer than the topics keep messages.'),
  SLIPWAY_OLD_ROWS_INTERVAL_MS: durationMs()
    .default(3_600_000)
    .describe('How often old rows are deleted; 0 keeps them for ever.'),
};

/** What every app reads from its environment. */
export const bareConfigSchema = z.object({
  SLIPWAY_HTTP_HOST: z.string().default('127.0.0.1').describe('The address that the HTTP server listens on.'),
  LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error'])
    .default('info')
    .describe('The least level that is logged.'),
  // The SDK reads OpenTelemetry's other variables itself.
  OTEL_EXPORTER_OTLP_ENDPOINT: httpUrl()
    .optional()
    .describe('Where traces are sent, as OTLP over HTTP; without it nothing is traced.'),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: httpUrl()
    .optional()
    .describe('The whole URL for traces, instead of the endpoint with `/v1/traces`.'),
  OTEL_SDK_DISABLED: z.stringbool().default(false).describe('`true` switches tracing off.'),
});

export type BareConfig = z.output<typeof bareConfigSchema>;

/**
 * What every app that handles messages reads from its environment. Its shape goes into the app's own schema, which is
 * then wrapped by `withRuntimeRules`.
 */
export const runtimeConfigSchema = z.object({
  ...kafkaVariables,
  KAFKA_TOPICS: z
    .enum(['create', 'verify'])
    .default('create')
    .describe(
      '`create` makes the topics that are missing; `verify` only checks that all are there, as they must be.',
    ),
  KAFKA_PARTITIONS: z.coerce
    .number()
    .int()
    .min(1)
    .max(1_000)
    .default(6)
    .describe('Partitions of topics that the app creates; existing topics stay as they are.'),
  KAFKA_REPLICATION_FACTOR: z.coerce
    .number()
    .int()
    .min(1)
    .max(9)
    .default(1)
    .describe('Replication factor of topics that the app creates.'),
  ...databaseVariables(),
  ...oldRowsVariables,
  ...bareConfigSchema.shape,
});

/** The same schema, with what these variables need of each other. */
export const withRuntimeRules = <S extends z.ZodType>(schema: S): S =>
  withKafkaRules(withDatabaseRules(schema));

export type RuntimeConfig = z.output<typeof runtimeConfigSchema>;
