import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { ConfigError, type ConfigProblem, isReadable, orOwn, secret } from '#libs/config';
import { type DatabaseAddress, SSL_MODES, sslModeOf } from '#libs/postgres';

const EXPECTED = 'expected postgres://user:password@host:port/database';

function checkPostgresUrl(text: string): void {
  if (!/^postgres(ql)?:\/\//.test(text) || !URL.canParse(text)) throw new Error(EXPECTED);
  const mode = sslModeOf(text);
  if (mode !== undefined && !SSL_MODES.includes(mode))
    throw new Error(`expected sslmode to be one of ${SSL_MODES.join(', ')}`);
}

const readableFile = () =>
  z.string().refine(isReadable, 'expected a file that can be read').meta({ kind: 'file' });

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
    DATABASE_CA_FILE: readableFile().optional().describe(CA),
    DATABASE_CERT_FILE: own('DATABASE_CERT_FILE', readableFile().optional()).describe(CERT),
    DATABASE_KEY_FILE: own('DATABASE_KEY_FILE', readableFile().optional()).describe(KEY),
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

/** Throws ConfigError where files do not belong together. */
export function databaseAddresses(config: DatabaseConfig): DatabaseAddresses {
  const problems = fileProblems(config);
  if (problems.length > 0) throw new ConfigError(problems);
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

/** Each file by itself can be read. */
function fileProblems(config: DatabaseConfig): readonly ConfigProblem[] {
  const { DATABASE_CA_FILE: ca, DATABASE_CERT_FILE: cert, DATABASE_KEY_FILE: key } = config;
  const problem = (name: string, path: string | undefined, expected: string): readonly ConfigProblem[] => [
    { name, value: path === undefined ? 'missing' : JSON.stringify(path), expected },
  ];
  if (ca !== undefined && certificateIn(ca) === undefined)
    return problem('DATABASE_CA_FILE', ca, 'expected certificates in PEM');
  if (cert === undefined && key === undefined) return [];
  if (key === undefined)
    return problem('DATABASE_KEY_FILE', key, 'expected a file, since DATABASE_CERT_FILE is set');
  if (cert === undefined)
    return problem('DATABASE_CERT_FILE', cert, 'expected a file, since DATABASE_KEY_FILE is set');
  const certificate = certificateIn(cert);
  if (certificate === undefined) return problem('DATABASE_CERT_FILE', cert, 'expected a certificate in PEM');
  const privateKey = keyIn(key);
  if (privateKey === undefined)
    return problem('DATABASE_KEY_FILE', key, 'expected a private key in PEM, without a passphrase');
  if (certificate.checkPrivateKey(privateKey)) return [];
  return problem('DATABASE_KEY_FILE', key, 'expected the key of the certificate in DATABASE_CERT_FILE');
}

function certificateIn(path: string): X509Certificate | undefined {
  try {
    return new X509Certificate(readFileSync(path));
  } catch {
    return undefined;
  }
}

function keyIn(path: string): KeyObject | undefined {
  try {
    return createPrivateKey(readFileSync(path));
  } catch {
    return undefined;
  }
}
