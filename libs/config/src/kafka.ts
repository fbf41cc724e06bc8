import { z } from 'zod';
import { certificateFile, keyPairRules, readableFile } from './key-pair.js';
import { type Given, isSet, neededBy, onlyWith, type Rule, withRules } from './rules.js';
import { commaList, keyValueList, secret } from './schemas.js';

const BROKER = /^(\[[0-9a-f:]+\]|[^\s:]+):\d{1,5}$/i;
const PREFIX = /^[A-Za-z0-9._-]{0,100}$/;

export const SASL_MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER'] as const;

/** How every process of ours reaches Kafka, and what it calls its topics and groups there. */
export const kafkaVariables = {
  KAFKA_BROKERS: commaList()
    .refine(
      (brokers) => brokers.length > 0 && brokers.every((broker) => BROKER.test(broker)),
      'expected host:port, separated by commas',
    )
    .describe('The brokers: `host:port`, several with commas.'),
  KAFKA_PREFIX: z
    .string()
    .regex(PREFIX, 'expected at most 100 letters, digits, dots, - and _')
    .default('')
    .describe('What the name of every topic and consumer group begins with, such as `acme.`.'),
  KAFKA_TLS: z.stringbool().default(false).describe('`true`: the brokers speak TLS.'),
  KAFKA_CA_FILE: certificateFile()
    .optional()
    .describe('The certificate of a private authority that signed those of the brokers, in PEM.'),
  KAFKA_CLIENT_CERTIFICATE_FILE: certificateFile()
    .optional()
    .describe('Mutual TLS: the certificate that this process shows, in PEM.'),
  KAFKA_CLIENT_KEY_FILE: readableFile()
    .optional()
    .describe('Mutual TLS: the private key of `KAFKA_CLIENT_CERTIFICATE_FILE`, in PEM.'),
  KAFKA_CLIENT_KEY_PASSPHRASE: secret()
    .optional()
    .describe('The passphrase of `KAFKA_CLIENT_KEY_FILE`, if it has one.'),
  KAFKA_SASL_MECHANISM: z
    .enum(SASL_MECHANISMS)
    .optional()
    .describe('How this process logs in to the brokers; without it, it does not log in by SASL.'),
  KAFKA_SASL_USERNAME: z
    .string()
    .optional()
    .describe('Login for `PLAIN` and `SCRAM`; of Azure Event Hubs it is `$ConnectionString`.'),
  KAFKA_SASL_PASSWORD: secret().optional().describe('Password of `KAFKA_SASL_USERNAME`.'),
  KAFKA_OAUTH_TOKEN_URL: z
    .url({ protocol: /^https?$/, error: 'expected https://host/path' })
    .optional()
    .describe('`OAUTHBEARER`: where tokens are fetched, by OAuth client credentials.'),
  KAFKA_OAUTH_CLIENT_ID: z.string().optional().describe('`OAUTHBEARER`: the client that asks for tokens.'),
  KAFKA_OAUTH_CLIENT_SECRET: secret().optional().describe('`OAUTHBEARER`: the secret of that client.'),
  KAFKA_OAUTH_SCOPE: z
    .string()
    .optional()
    .describe('`OAUTHBEARER`: the scopes to ask for, with spaces between.'),
  KAFKA_OAUTH_EXTENSIONS: keyValueList()
    .optional()
    .describe(
      '`OAUTHBEARER`: what goes with the token; Confluent Cloud wants `logicalCluster=...,identityPoolId=...`.',
    ),
};

export type KafkaSettings = z.output<z.ZodObject<typeof kafkaVariables>>;

const hasPassword = ({ KAFKA_SASL_MECHANISM: mechanism }: Given): boolean =>
  mechanism !== undefined && mechanism !== 'OAUTHBEARER';
const hasToken = ({ KAFKA_SASL_MECHANISM: mechanism }: Given): boolean => mechanism === 'OAUTHBEARER';

type Variable = keyof KafkaSettings;
const tlsOnly = (name: Variable): Rule =>
  onlyWith(name, ({ KAFKA_TLS }) => KAFKA_TLS !== false, 'expected KAFKA_TLS=true with it');
const passwordOnly = (name: Variable): Rule =>
  onlyWith(name, hasPassword, 'expected KAFKA_SASL_MECHANISM=PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512 with it');
const tokenOnly = (name: Variable): Rule =>
  onlyWith(name, hasToken, 'expected KAFKA_SASL_MECHANISM=OAUTHBEARER with it');

const RULES: readonly Rule[] = [
  ...(['KAFKA_CA_FILE', 'KAFKA_CLIENT_CERTIFICATE_FILE', 'KAFKA_CLIENT_KEY_FILE'] as const).map(tlsOnly),
  ...keyPairRules({
    certificate: 'KAFKA_CLIENT_CERTIFICATE_FILE',
    key: 'KAFKA_CLIENT_KEY_FILE',
    passphrase: 'KAFKA_CLIENT_KEY_PASSPHRASE',
  }),
  onlyWith(
    'KAFKA_CLIENT_KEY_PASSPHRASE',
    (given) => isSet(given, 'KAFKA_CLIENT_KEY_FILE'),
    'expected KAFKA_CLIENT_KEY_FILE with it',
  ),
  ...(['KAFKA_SASL_USERNAME', 'KAFKA_SASL_PASSWORD'] as const).flatMap((name) => [
    passwordOnly(name),
    neededBy(name, hasPassword),
  ]),
  ...(['KAFKA_OAUTH_TOKEN_URL', 'KAFKA_OAUTH_CLIENT_ID', 'KAFKA_OAUTH_CLIENT_SECRET'] as const).flatMap(
    (name) => [tokenOnly(name), neededBy(name, hasToken)],
  ),
  ...(['KAFKA_OAUTH_SCOPE', 'KAFKA_OAUTH_EXTENSIONS'] as const).map(tokenOnly),
];

/** The same schema, with what Kafka's variables need of each other. */
export const withKafkaRules = <S extends z.ZodType>(schema: S): S => withRules(schema, RULES);
