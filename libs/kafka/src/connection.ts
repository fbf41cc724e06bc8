import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import type { SASLOptions } from 'kafkajs';
import type { KafkaSettings } from '#libs/config';
import { OauthTokens } from './oauth-tokens.js';

interface Login {
  readonly sasl: SASLOptions;
  readonly principal: () => string;
}

/** Where the brokers are, how this process gets in, and what its topics and groups are called there. */
export interface KafkaConnection {
  readonly brokers: readonly string[];
  /** Of the name of every topic and group. */
  readonly prefix?: string;
  /** TLS, where it is spoken. */
  readonly tls?: ConnectionOptions;
  readonly sasl?: SASLOptions;
  /** What the ACLs of the brokers call this client, as far as that can be known here. */
  readonly principal?: () => string;
}

/** Reads the files that the settings name. */
export function connectionOf(settings: KafkaSettings): KafkaConnection {
  const login = loginOf(settings);
  const certificate = contentOf(settings.KAFKA_CLIENT_CERTIFICATE_FILE);
  return {
    brokers: settings.KAFKA_BROKERS,
    prefix: settings.KAFKA_PREFIX,
    ...(settings.KAFKA_TLS && { tls: tlsOf(settings, certificate) }),
    sasl: login?.sasl,
    principal: login?.principal ?? (certificate && (() => `User:${nameIn(certificate)}`)),
  };
}

const contentOf = (path: string | undefined): Buffer | undefined =>
  path === undefined ? undefined : readFileSync(path);

function tlsOf(settings: KafkaSettings, certificate: Buffer | undefined): ConnectionOptions {
  return {
    ca: contentOf(settings.KAFKA_CA_FILE),
    cert: certificate,
    key: contentOf(settings.KAFKA_CLIENT_KEY_FILE),
    passphrase: settings.KAFKA_CLIENT_KEY_PASSPHRASE?.reveal(),
  };
}

/** The distinguished name as brokers write it (RFC 2253), unless they have rules of their own. */
const nameIn = (certificate: Buffer): string =>
  new X509Certificate(certificate).subject.split('\n').reverse().join(',');

/** The rules of the settings promise that all is there that a mechanism needs. */
function loginOf(settings: KafkaSettings): Login | undefined {
  const { KAFKA_SASL_MECHANISM: mechanism, KAFKA_SASL_USERNAME: username = '' } = settings;
  const password = settings.KAFKA_SASL_PASSWORD?.reveal() ?? '';
  const principal = (): string => `User:${username}`;
  switch (mechanism) {
    case undefined:
      return undefined;
    case 'PLAIN':
      return { sasl: { mechanism: 'plain', username, password }, principal };
    case 'SCRAM-SHA-256':
      return { sasl: { mechanism: 'scram-sha-256', username, password }, principal };
    case 'SCRAM-SHA-512':
      return { sasl: { mechanism: 'scram-sha-512', username, password }, principal };
    case 'OAUTHBEARER':
      return byToken(settings);
  }
}

function byToken(settings: KafkaSettings): Login {
  const tokens = new OauthTokens({
    tokenUrl: settings.KAFKA_OAUTH_TOKEN_URL ?? '',
    clientId: settings.KAFKA_OAUTH_CLIENT_ID ?? '',
    clientSecret: settings.KAFKA_OAUTH_CLIENT_SECRET?.reveal() ?? '',
    scope: settings.KAFKA_OAUTH_SCOPE,
  });
  const extensions = settings.KAFKA_OAUTH_EXTENSIONS;
  const oauthBearerProvider = async () => ({ value: await tokens.token(), extensions });
  return {
    sasl: { mechanism: 'oauthbearer', oauthBearerProvider },
    principal: () => `User:${tokens.subject}`,
  };
}
