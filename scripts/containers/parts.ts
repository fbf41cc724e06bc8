/** A service of a compose file. */
export type Service = Readonly<Record<string, unknown>>;

/** `KAFKA_IMAGE` -> `${KAFKA_IMAGE:-apache/kafka:4.1.0}` */
export const variable = (name: string, fallback = ''): string => `\${${name}:-${fallback}}`;

/** Compose refuses to go on without it. */
export const required = (name: string): string => `\${${name}:?run docker/run.sh, which sets it}`;

/** At an address of this machine, by default for this machine alone. */
export const publishedAt = (name: string, port: number | string, inside = port): string =>
  `${variable('SLIPWAY_BIND', '127.0.0.1')}:${variable(name, String(port))}:${inside}`;

/** What every container has that stays: it is started again, cannot take the whole memory, and its log cannot fill the disk. */
export const lasting = (memory: string): Service => ({
  restart: 'unless-stopped',
  mem_limit: memory,
  logging: { driver: 'json-file', options: { 'max-size': '10m', 'max-file': '5' } },
});

const checked = (...test: readonly string[]): Service => ({
  healthcheck: { test: ['CMD', ...test], interval: '5s', timeout: '5s', retries: 24 },
});

const CONNECTS =
  "require('net').connect(10000,'127.0.0.1').on('connect',()=>process.exit()).on('error',()=>process.exit(1))";

const kafka: Service = {
  ...lasting('1g'),
  image: variable('KAFKA_IMAGE', 'apache/kafka:4.1.0'),
  environment: {
    CLUSTER_ID: 'slipwayComposeKafkaQQ',
    KAFKA_NODE_ID: '1',
    KAFKA_PROCESS_ROLES: 'broker,controller',
    KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9093',
    KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
    KAFKA_INTER_BROKER_LISTENER_NAME: 'INTERNAL',
    KAFKA_LISTENERS: 'INTERNAL://:9092,CONTROLLER://:9093,EXTERNAL://:9094',
    KAFKA_ADVERTISED_LISTENERS: `INTERNAL://kafka:9092,EXTERNAL://${variable('KAFKA_EXTERNAL_ADDRESS', 'localhost:9094')}`,
    KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT,EXTERNAL:PLAINTEXT',
    KAFKA_LOG_DIRS: '/var/lib/kafka/data',
    KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false',
    KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
    KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
    KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
    KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
    KAFKA_HEAP_OPTS: variable('KAFKA_HEAP_OPTS', '-Xms128m -Xmx512m'),
  },
  ...checked('bash', '-c', '</dev/tcp/127.0.0.1/9092'),
  ports: [publishedAt('KAFKA_PORT', 9094)],
  volumes: ['kafka:/var/lib/kafka/data'],
};

const postgres: Service = {
  ...lasting('1g'),
  image: variable('POSTGRES_IMAGE', 'postgres:17'),
  // Each replica of an app has a pool of its own.
  command: ['postgres', '-c', 'max_connections=200'],
  environment: {
    POSTGRES_USER: 'slipway',
    POSTGRES_DB: 'slipway',
    POSTGRES_PASSWORD: variable('POSTGRES_PASSWORD'),
  },
  // By TCP: while it makes the database, the image listens at its socket only.
  ...checked('pg_isready', '-h', '127.0.0.1', '-U', 'slipway'),
  ports: [publishedAt('POSTGRES_PORT', 5432)],
  volumes: ['postgres:/var/lib/postgresql/data'],
};

const redis: Service = {
  ...lasting('512m'),
  image: variable('REDIS_IMAGE', 'redis:8'),
  command: ['redis-server', '--save', '', '--appendonly', 'no'],
  ...checked('redis-cli', 'ping'),
};

const blob: Service = {
  ...lasting('512m'),
  image: variable('AZURITE_IMAGE', 'mcr.microsoft.com/azure-storage/azurite:3.35.0'),
  command: [
    ...['azurite-blob', '--blobHost', '0.0.0.0', '--blobPort', '10000', '--location', '/data'],
    ...['--skipApiVersionCheck', '--disableTelemetry', '--silent'],
  ],
  // An account of its own: the usual one has a published key.
  environment: { AZURITE_ACCOUNTS: `slipway:${variable('BLOB_ACCOUNT_KEY')}` },
  ...checked('node', '-e', CONNECTS),
  volumes: ['blob:/data'],
};

/** Servers that an installation may have of its own; docker/run.sh starts those that the env file names. */
export const parts: Readonly<Record<string, Service>> = { kafka, postgres, redis, blob };

/** What a developer looks at, at ports of this machine. */
export const browsers: Readonly<Record<string, Service>> = {
  'kafka-browser': {
    ...lasting('1g'),
    image: variable('KAFKA_BROWSER_IMAGE', 'ghcr.io/kafbat/kafka-ui:v1.3.0'),
    environment: {
      KAFKA_CLUSTERS_0_NAME: 'slipway',
      KAFKA_CLUSTERS_0_BOOTSTRAPSERVERS: variable('KAFKA_BROKERS'),
    },
    ports: [publishedAt('KAFKA_BROWSER_PORT', 8090, 8080)],
  },
  'database-browser': {
    ...lasting('256m'),
    image: variable('DATABASE_BROWSER_IMAGE', 'adminer:5'),
    environment: { ADMINER_DEFAULT_SERVER: 'postgres' },
    ports: [publishedAt('DATABASE_BROWSER_PORT', 8091, 8080)],
  },
};
