import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ConfigError, kafkaVariables, loadConfig, withKafkaRules } from './index.js';

const schema = withKafkaRules(z.object(kafkaVariables));
const folder = mkdtempSync(join(tmpdir(), 'slipway-kafka-variables-'));
const at = (name: string): string => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true }));

function makeCertificate(name: string): void {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const files = ['-keyout', at(`${name}.key`), '-out', at(`${name}.crt`)];
  execFileSync('openssl', ['req', '-x509', ...key, '-subj', `/CN=${name}`, ...files], { stdio: 'ignore' });
}
beforeAll(() => {
  makeCertificate('one');
  makeCertificate('other');
  const locked = [
    'pkey',
    '-aes256',
    '-passout',
    'pass:open-it',
    '-in',
    at('one.key'),
    '-out',
    at('locked.key'),
  ];
  execFileSync('openssl', locked, { stdio: 'ignore' });
});

/** `NAME: expected ...` */
function problems(env: Readonly<Record<string, string>>): string[] {
  try {
    loadConfig(schema, { KAFKA_BROKERS: 'kafka:9092', ...env });
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map(({ name, expected }) => `${name}: ${expected}`);
  }
}

const TLS = { KAFKA_TLS: 'true' };
const password = { KAFKA_SASL_USERNAME: '$ConnectionString', KAFKA_SASL_PASSWORD: 'Endpoint=sb://x' };
const token = {
  KAFKA_OAUTH_TOKEN_URL: 'https://login.example/token',
  KAFKA_OAUTH_CLIENT_ID: 'id',
  KAFKA_OAUTH_CLIENT_SECRET: 'secret',
};

describe("Kafka's variables", () => {
  it.each([
    ['brokers alone', {}],
    ['TLS by a public authority', TLS],
    ['a private authority', { ...TLS, KAFKA_CA_FILE: at('one.crt') }],
    ['Azure Event Hubs', { ...TLS, ...password, KAFKA_SASL_MECHANISM: 'PLAIN' }],
    ['SCRAM without TLS', { ...password, KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512' }],
    [
      'OAuth',
      { ...TLS, ...token, KAFKA_SASL_MECHANISM: 'OAUTHBEARER', KAFKA_OAUTH_EXTENSIONS: 'logicalCluster=l' },
    ],
    [
      'mutual TLS',
      { ...TLS, KAFKA_CLIENT_CERTIFICATE_FILE: at('one.crt'), KAFKA_CLIENT_KEY_FILE: at('one.key') },
    ],
    [
      'mutual TLS with a passphrase',
      {
        ...TLS,
        KAFKA_CLIENT_CERTIFICATE_FILE: at('one.crt'),
        KAFKA_CLIENT_KEY_FILE: at('locked.key'),
        KAFKA_CLIENT_KEY_PASSPHRASE: 'open-it',
      },
    ],
  ])('take %s', (_, env) => {
    expect(problems(env)).toEqual([]);
  });

  it('refuse all that makes no sense at once', () => {
    const env = {
      KAFKA_CA_FILE: at('one.crt'),
      KAFKA_CLIENT_CERTIFICATE_FILE: at('one.crt'),
      KAFKA_SASL_MECHANISM: 'PLAIN',
      KAFKA_SASL_USERNAME: 'ada',
      KAFKA_OAUTH_SCOPE: 'all',
      KAFKA_PREFIX: 'a b',
    };
    expect(problems(env).sort()).toEqual([
      'KAFKA_CA_FILE: expected KAFKA_TLS=true with it',
      'KAFKA_CLIENT_CERTIFICATE_FILE: expected KAFKA_TLS=true with it',
      'KAFKA_CLIENT_KEY_FILE: expected a value',
      'KAFKA_OAUTH_SCOPE: expected KAFKA_SASL_MECHANISM=OAUTHBEARER with it',
      'KAFKA_PREFIX: expected at most 100 letters, digits, dots, - and _',
      'KAFKA_SASL_PASSWORD: expected a value',
    ]);
  });

  it('want a password with PLAIN and SCRAM only, and a token endpoint with OAUTHBEARER', () => {
    expect(problems(password)).toEqual([
      'KAFKA_SASL_USERNAME: expected KAFKA_SASL_MECHANISM=PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512 with it',
      'KAFKA_SASL_PASSWORD: expected KAFKA_SASL_MECHANISM=PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512 with it',
    ]);
    expect(problems({ KAFKA_SASL_MECHANISM: 'OAUTHBEARER' })).toEqual([
      'KAFKA_OAUTH_TOKEN_URL: expected a value',
      'KAFKA_OAUTH_CLIENT_ID: expected a value',
      'KAFKA_OAUTH_CLIENT_SECRET: expected a value',
    ]);
    expect(problems({ KAFKA_SASL_MECHANISM: 'GSSAPI' })[0]).toMatch(/^KAFKA_SASL_MECHANISM: .*PLAIN/);
  });

  it("refuse a key that is no key, is another certificate's, or needs its passphrase", () => {
    const by = (key: string, more = {}) =>
      problems({ ...TLS, KAFKA_CLIENT_CERTIFICATE_FILE: at('one.crt'), KAFKA_CLIENT_KEY_FILE: key, ...more });
    const closed =
      'KAFKA_CLIENT_KEY_FILE: expected a private key in PEM that KAFKA_CLIENT_KEY_PASSPHRASE opens, or that needs none';
    expect(by(at('one.crt'))).toEqual([closed]);
    expect(by(at('locked.key'))).toEqual([closed]);
    expect(by(at('locked.key'), { KAFKA_CLIENT_KEY_PASSPHRASE: 'wrong' })).toEqual([closed]);
    expect(by(at('other.key'))).toEqual([
      'KAFKA_CLIENT_KEY_FILE: expected the private key of the certificate in KAFKA_CLIENT_CERTIFICATE_FILE',
    ]);
    expect(by(at('none.key'))).toEqual(['KAFKA_CLIENT_KEY_FILE: expected a file that can be read']);
  });

  it('refuse a file that holds no certificate', () => {
    expect(problems({ ...TLS, KAFKA_CA_FILE: at('one.key') })).toEqual([
      'KAFKA_CA_FILE: expected a certificate in PEM',
    ]);
  });
});
