import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { isReadable } from './readable-file.js';
import { commaList, keyValueList, secret } from './schemas.js';
import type { Secret } from './secret.js';

const BROKER = /^(\[[0-9a-f:]+\]|[^\s:]+):\d{1,5}$/i;
const PREFIX = /^[A-Za-z0-9._-]{0,100}$/;

export const SASL_MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER'] as const;

function certificateIn(path: string): X509Certificate | undefined {
  try {
    return new X509Certificate(readFileSync(path));
  } catch {
    return undefined;
  }
}

const certificateFile = () =>
  z
    .string()
    .refine(
      (path) => certificateIn(path) !== undefined,
      'expected a file with a certificate in PEM that can be read',
    )
    .optional();

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
  KAFKA_CA_FILE: certificateFile().describe(
    'The certificate of a private authority that signed those of the brokers, in PEM.',
  ),
  KAFKA_CLIENT_CERTIFICATE_FILE: certificateFile().describe(
    'Mutual TLS: the certificate that this process shows, in PEM.',
  ),
  KAFKA_CLIENT_KEY_FILE: z
    .string()
    .refine(isReadable, 'expected a file that can be read')
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
/** Where other variables are wrong, these are checked too, and may be missing. */
type Given = Partial<KafkaSettings>;

interface Rule {
  readonly name: keyof KafkaSettings;
  readonly expected: string;
  holds(given: Given): boolean;
}

const isSet = (given: Given, name: keyof KafkaSettings): boolean => given[name] !== undefined;
const hasPassword = ({ KAFKA_SASL_MECHANISM: mechanism }: Given): boolean =>
  mechanism !== undefined && mechanism !== 'OAUTHBEARER';
const hasToken = ({ KAFKA_SASL_MECHANISM: mechanism }: Given): boolean => mechanism === 'OAUTHBEARER';

/** Of a variable that means nothing without another. */
const onlyWith = (
  name: keyof KafkaSettings,
  condition: (given: Given) => boolean,
  expected: string,
): Rule => ({ name, expected, holds: (given) => !isSet(given, name) || condition(given) });

/** Of a variable that another one needs. */
const neededBy = (name: keyof KafkaSettings, condition: (given: Given) => boolean): Rule => ({
  name,
  expected: 'expected a value',
  holds: (given) => isSet(given, name) || !condition(given),
});

const tlsOnly = (name: keyof KafkaSettings): Rule =>
  onlyWith(name, ({ KAFKA_TLS }) => KAFKA_TLS !== false, 'expected KAFKA_TLS=true with it');
const passwordOnly = (name: keyof KafkaSettings): Rule =>
  onlyWith(name, hasPassword, 'expected KAFKA_SASL_MECHANISM=PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512 with it');
const tokenOnly = (name: keyof KafkaSettings): Rule =>
  onlyWith(name, hasToken, 'expected KAFKA_SASL_MECHANISM=OAUTHBEARER with it');

function keyOf(path: string, passphrase: Secret | undefined): KeyObject | undefined {
  try {
    return createPrivateKey({ key: readFileSync(path), passphrase: passphrase?.reveal() });
  } catch {
    return undefined;
  }
}

/** Without a file that can be read, that is said alone. */
const opensKey: Rule = {
  name: 'KAFKA_CLIENT_KEY_FILE',
  expected: 'expected a private key in PEM that KAFKA_CLIENT_KEY_PASSPHRASE opens, or that needs none',
  holds: ({ KAFKA_CLIENT_KEY_FILE: path, KAFKA_CLIENT_KEY_PASSPHRASE: passphrase }) =>
    path === undefined || !isReadable(path) || keyOf(path, passphrase) !== undefined,
};

const keyFits: Rule = {
  name: 'KAFKA_CLIENT_KEY_FILE',
  expected: 'expected the private key of the certificate in KAFKA_CLIENT_CERTIFICATE_FILE',
  holds(given) {
    const { KAFKA_CLIENT_KEY_FILE: keyFile, KAFKA_CLIENT_CERTIFICATE_FILE: certificateFileName } = given;
    if (keyFile === undefined || certificateFileName === undefined) return true;
    const key = keyOf(keyFile, given.KAFKA_CLIENT_KEY_PASSPHRASE);
    const certificate = certificateIn(certificateFileName);
    return key === undefined || certificate === undefined || certificate.checkPrivateKey(key);
  },
};

const RULES: readonly Rule[] = [
  ...(['KAFKA_CA_FILE', 'KAFKA_CLIENT_CERTIFICATE_FILE', 'KAFKA_CLIENT_KEY_FILE'] as const).map(tlsOnly),
  neededBy('KAFKA_CLIENT_KEY_FILE', (given) => isSet(given, 'KAFKA_CLIENT_CERTIFICATE_FILE')),
  neededBy('KAFKA_CLIENT_CERTIFICATE_FILE', (given) => isSet(given, 'KAFKA_CLIENT_KEY_FILE')),
  neededBy('KAFKA_CLIENT_KEY_FILE', (given) => isSet(given, 'KAFKA_CLIENT_KEY_PASSPHRASE')),
  opensKey,
  keyFits,
  ...(['KAFKA_SASL_USERNAME', 'KAFKA_SASL_PASSWORD'] as const).flatMap((name) => [
    passwordOnly(name),
    neededBy(name, hasPassword),
  ]),
  ...(['KAFKA_OAUTH_TOKEN_URL', 'KAFKA_OAUTH_CLIENT_ID', 'KAFKA_OAUTH_CLIENT_SECRET'] as const).flatMap(
    (name) => [tokenOnly(name), neededBy(name, hasToken)],
  ),
  ...(['KAFKA_OAUTH_SCOPE', 'KAFKA_OAUTH_EXTENSIONS'] as const).map(tokenOnly),
];

/** What is wrong with variables that are right each by itself is listed with all other problems. */
export function withKafkaRules<S extends z.ZodType>(schema: S): S {
  return RULES.reduce(
    (checked, { name, expected, holds }) =>
      checked.refine((config) => holds((config ?? {}) as Given), {
        path: [name],
        error: expected,
        when: () => true,
      }),
    schema,
  );
}
