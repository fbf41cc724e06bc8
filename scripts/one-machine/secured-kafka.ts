import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeAuthority, makeCertificate, serverAt } from './certificates.js';
import { startOnFreePorts } from './free-port.js';
import { type BrokerSecurity, startBrokers } from './kafka.js';
import type { RunningPart } from './part.js';
import type { SetUp } from './set-up.js';

/** Who may log in; what each may do, ACLs say. */
export interface SecuredOptions {
  /** Name -> password, for PLAIN and SCRAM alike. */
  readonly users: Readonly<Record<string, string>>;
  /** Common names that get a client certificate: `<name>.crt` with `<name>.key` in `folder`. */
  readonly certificates?: readonly string[];
  /** Where the keys are that sign tokens for OAUTHBEARER; it must answer already. */
  readonly jwksUrl: string;
}

/** A broker with TLS, logins and ACLs, beside a plain listener whose clients may do everything. */
export interface SecuredBroker extends RunningPart {
  /** host:port of each listener. */
  readonly plain: string;
  readonly saslSsl: string;
  readonly mutualTls: string;
  /** `ca.crt` and the clients' certificates. */
  readonly folder: string;
}

export const AUDIENCE = 'kafka';
const MODULES = 'org.apache.kafka.common.security';
const SCRAM = ['SCRAM-SHA-256', 'SCRAM-SHA-512'];

/** Apache Kafka with SASL_SSL (PLAIN, SCRAM, OAUTHBEARER), mutual TLS and StandardAuthorizer. */
export async function startSecuredBroker(setUp: SetUp, options: SecuredOptions): Promise<SecuredBroker> {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-kafka-tls-'));
  setUp.slot.ledger.hold({ kind: 'directory', path: folder });
  const keyStore = await makeKeyStore(folder, options.certificates ?? []);
  const { listeners, brokers } = await startOnFreePorts(2, async ([SASL_SSL = 0, MTLS = 0]) => {
    const opened = { SASL_SSL, MTLS };
    const started = await startBrokers(setUp, {
      listeners: opened,
      properties: propertiesOf({ folder, keyStore }, options),
      format: scramUsers(options.users),
      jvm: [`-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls=${options.jwksUrl}`],
    });
    return { listeners: opened, brokers: started };
  });
  return {
    ...brokers,
    plain: String(brokers.env['KAFKA_BROKERS']),
    saslSsl: `127.0.0.1:${listeners.SASL_SSL}`,
    mutualTls: `127.0.0.1:${listeners.MTLS}`,
    folder,
    async stop() {
      await brokers.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Of the broker, with a certificate for 127.0.0.1 and no other host. */
async function makeKeyStore(folder: string, clients: readonly string[]): Promise<string> {
  await makeAuthority(folder);
  const broker = { name: 'broker', commonName: 'broker', extensions: serverAt('127.0.0.1') };
  await makeCertificate(folder, broker);
  for (const name of clients)
    await makeCertificate(folder, { name, commonName: name, extensions: ['extendedKeyUsage=clientAuth'] });
  const path = join(folder, 'broker.pem');
  const parts = ['broker.key', 'broker.crt'].map((name) => readFile(join(folder, name), 'utf8'));
  await writeFile(path, (await Promise.all(parts)).join(''), { mode: 0o600 });
  return path;
}

const scramUsers = (users: SecuredOptions['users']): readonly string[] =>
  Object.entries(users).flatMap(([name, password]) =>
    SCRAM.flatMap((mechanism) => ['--add-scram', `${mechanism}=[name=${name},password=${password}]`]),
  );

interface Stores {
  readonly folder: string;
  readonly keyStore: string;
}

function propertiesOf({ folder, keyStore }: Stores, options: SecuredOptions): BrokerSecurity['properties'] {
  const listener = 'listener.name.sasl_ssl';
  const plainUsers = Object.entries(options.users).map(([name, password]) => `user_${name}="${password}"`);
  const jaas = (mechanism: string, module: string, given: readonly string[] = []) => ({
    [`${listener}.${mechanism}.sasl.jaas.config`]: `${[`${MODULES}.${module}`, 'required', ...given].join(' ')};`,
  });
  return {
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL,MTLS:SSL',
    'inter.broker.listener.name': 'PLAINTEXT',
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': keyStore,
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': join(folder, 'ca.crt'),
    'listener.name.mtls.ssl.client.auth': 'required',
    'ssl.principal.mapping.rules': 'RULE:^CN=([^,]+).*$/$1/,DEFAULT',
    'sasl.enabled.mechanisms': ['PLAIN', ...SCRAM, 'OAUTHBEARER'].join(','),
    ...jaas('plain', 'plain.PlainLoginModule', plainUsers),
    ...jaas('scram-sha-256', 'scram.ScramLoginModule'),
    ...jaas('scram-sha-512', 'scram.ScramLoginModule'),
    ...jaas('oauthbearer', 'oauthbearer.OAuthBearerLoginModule'),
    [`${listener}.oauthbearer.sasl.server.callback.handler.class`]: `${MODULES}.oauthbearer.OAuthBearerValidatorCallbackHandler`,
    'sasl.oauthbearer.jwks.endpoint.url': options.jwksUrl,
    'sasl.oauthbearer.expected.audience': AUDIENCE,
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    // Of the plain listener, which set-ups use, and of the controller.
    'super.users': 'User:ANONYMOUS',
  };
}
