import type { z } from 'zod';
import { certificateFile, keyPairRules, orOwn, readableFile, secret, withRules } from '#libs/config';
import { type DatabaseAddress, SSL_MODES, sslModeOf } from '#libs/postgres';

const EXPECTED = 'expected postgres://user:password@host:port/database';

function checkPostgresUrl(text: string): void {
  if (!/^postgres(ql)?:\/\//.test(text) || !URL.canParse(text)) throw new Error(EXPECTED);
  const mode = sslModeOf(text);
  if (mode !== undefined && !SSL_MODES.includes(mode))
    throw new Error(`expected sslmode to be one of ${SSL_MODES.join(', ')}`);
}

const DATABASE =
  'Postgres, which keeps the record: `postgres://user:password@host:port/database?sslmode=verify-full`. It may lead through PgBouncer.';
const DIRECT =
  'The URL past PgBouncer, straight to the server, for LISTEN, locks and migrations. Without a user in it, the user and password of `DATABASE_URL` are taken.';
const CA =
  'Certificates (PEM) of the authorities that sign the certificate of the server; without it, those that Node knows.';
const CERT = 'The certificate (PEM) by which the server knows the app.';
const KEY = 'The private key (PEM, without a passphrase) of `DATABASE_CERT_FILE`.';

/**
 * Where the database is. With the name of an app, `DEPLOYER`, each variable that belongs to its role has a name of the
 * app's own besides, such as `DEPLOYER_DATABASE_URL`, which goes first.
 */
export function databaseVariables(app?: string) {
  const own = <S extends z.ZodType>(name: string, schema: S): S =>
    app === undefined ? schema : orOwn(`${app}_${name}`, schema);
  return {
    DATABASE_URL: own('DATABASE_URL', secret(checkPostgresUrl)).describe(DATABASE),
    DATABASE_DIRECT_URL: own('DATABASE_DIRECT_URL', secret(checkPostgresUrl).optional()).describe(DIRECT),
    DATABASE_CA_FILE: certificateFile().optional().describe(CA),
    DATABASE_CERT_FILE: own('DATABASE_CERT_FILE', certificateFile().optional()).describe(CERT),
    DATABASE_KEY_FILE: own('DATABASE_KEY_FILE', readableFile().optional()).describe(KEY),
  };
}

/** The same for an app that can do without a database. */
export function optionalDatabaseVariables(app: string) {
  const { DATABASE_URL: url, ...others } = databaseVariables(app);
  return {
    DATABASE_URL: orOwn(`${app}_DATABASE_URL`, url.optional()).describe(DATABASE),
    ...others,
  };
}

export type DatabaseConfig = z.output<z.ZodObject<ReturnType<typeof databaseVariables>>>;

/** An address, and the variable that its URL comes from. */
export type NamedAddress = DatabaseAddress & { readonly variable: string };

export interface DatabaseAddresses {
  readonly shared: NamedAddress;
  /** Where statements of one connection reach one session; undefined where none is named. */
  readonly direct?: NamedAddress;
}

const RULES = keyPairRules({ certificate: 'DATABASE_CERT_FILE', key: 'DATABASE_KEY_FILE' });

/** The same schema, with what the variables of the database need of each other. */
export const withDatabaseRules = <S extends z.ZodType>(schema: S): S => withRules(schema, RULES);

export function databaseAddresses(config: DatabaseConfig): DatabaseAddresses {
  const { DATABASE_URL: url, DATABASE_DIRECT_URL: direct } = config;
  const tls = { ca: config.DATABASE_CA_FILE, cert: config.DATABASE_CERT_FILE, key: config.DATABASE_KEY_FILE };
  const shared = { url: url.reveal(), tls, variable: url.variable ?? 'DATABASE_URL' };
  if (direct === undefined) return { shared };
  const variable = direct.variable ?? 'DATABASE_DIRECT_URL';
  return { shared, direct: { url: withLogin(direct.reveal(), shared.url), tls, variable } };
}

function withLogin(text: string, other: string): string {
  const [url, { username, password }] = [new URL(text), new URL(other)];
  if (url.username === '') [url.username, url.password] = [username, password];
  return url.href;
}
