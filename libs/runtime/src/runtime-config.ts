import { z } from 'zod';
import { commaList, durationMs, orOwn, secret } from '#libs/config';

const httpUrl = () => z.url({ protocol: /^https?$/, error: 'http://host:port or https://host:port' });
const BROKER = /^(\[[0-9a-f:]+\]|[^\s:]+):\d{1,5}$/i;

/** The variable of one app's own goes first: `databaseUrl('DEPLOYER_DATABASE_URL')`. */
export const databaseUrl = (ownName: string) => orOwn(ownName, secret(checkPostgresUrl));

function checkPostgresUrl(text: string): void {
  if (!/^postgres(ql)?:\/\//.test(text) || !URL.canParse(text))
    throw new Error('postgres://user:password@host:port/database');
}

/** What every app that handles messages reads from its environment; its shape goes into the app's own schema. */
export const runtimeConfigSchema = z.object({
  KAFKA_BROKERS: commaList().refine(
    (brokers) => brokers.length > 0 && brokers.every((broker) => BROKER.test(broker)),
    'host:port, several with commas',
  ),
  /** Of topics that this app creates; topics that exist stay as they are. */
  KAFKA_PARTITIONS: z.coerce.number().int().min(1).max(1_000).default(6),
  KAFKA_REPLICATION_FACTOR: z.coerce.number().int().min(1).max(9).default(1),
  DATABASE_URL: secret(checkPostgresUrl),
  /**
   * How long what nobody needs any more is kept: longer than the topics keep messages, for one that comes again after
   * its row went would be handled again. Kafka's own settings keep them 7 days, and in an open segment twice that.
   */
  SLIPWAY_OLD_ROWS_DAYS: z.coerce.number().min(1).max(3_650).default(14),
  /** How often that is looked for; 0 keeps all for ever. */
  SLIPWAY_OLD_ROWS_INTERVAL_MS: durationMs().default(3_600_000),
  SLIPWAY_HTTP_HOST: z.string().default('127.0.0.1'),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error']).default('info'),
  /** OTLP over HTTP; without one of the two nothing is traced. The SDK reads OpenTelemetry's other variables itself. */
  OTEL_EXPORTER_OTLP_ENDPOINT: httpUrl().optional(),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: httpUrl().optional(),
  OTEL_SDK_DISABLED: z.stringbool().default(false),
});

export type RuntimeConfig = z.output<typeof runtimeConfigSchema>;
