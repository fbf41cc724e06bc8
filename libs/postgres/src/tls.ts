import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import type pg from 'pg';

/** Files in PEM. They are read anew for each connection, so a renewed certificate needs no restart. */
export interface TlsFiles {
  /** Authorities that may have signed the server's certificate. Without it, those that Node knows. */
  readonly ca?: string;
  /** The certificate by which the server knows this client. */
  readonly cert?: string;
  readonly key?: string;
}

/** A database by its URL, as libpq has them, and what TLS to it needs. */
export interface DatabaseAddress {
  readonly url: string;
  readonly tls?: TlsFiles;
}

export const SSL_MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full', 'no-verify'];

const PARAMETERS = ['sslmode', 'ssl', 'sslrootcert', 'sslcert', 'sslkey', 'uselibpqcompat'];
/** node-postgres knows `ssl` besides libpq's `sslmode`. */
const MODE_OF_SSL: Readonly<Record<string, string>> = {
  true: 'verify-full',
  1: 'verify-full',
  false: 'disable',
  0: 'disable',
};

/** The URL's own `sslmode`, or what its `ssl` means; undefined where it says nothing. */
export function sslModeOf(url: string): string | undefined {
  const { searchParams } = new URL(url);
  const ssl = searchParams.get('ssl');
  return searchParams.get('sslmode') ?? (ssl === null ? undefined : (MODE_OF_SSL[ssl] ?? ssl));
}

type Connection = Pick<pg.ClientConfig, 'connectionString' | 'ssl'>;

/**
 * What node-postgres needs to connect, by libpq's meaning of `sslmode`, which is not that of node-postgres. Two modes
 * are stricter than libpq's: `allow` and `prefer` mean `require`, and without an authority all of them verify the name, too.
 */
export function connectionTo(address: DatabaseAddress): Connection {
  const { url } = address;
  const parsed = new URL(url);
  const { searchParams: given } = parsed;
  const files = tlsFilesOf(address);
  const isNamed = Object.values(files).some((path) => path !== undefined);
  const mode = sslModeOf(url) ?? (isNamed ? 'verify-full' : undefined);
  // Then node-postgres looks at PGSSLMODE.
  if (mode === undefined) return { connectionString: url };
  const isLax = mode === 'require' && given.get('uselibpqcompat') === 'true' && files.ca === undefined;
  for (const name of PARAMETERS) given.delete(name);
  const ssl = mode === 'disable' ? false : optionsOf(isLax ? 'no-verify' : mode, files);
  return { connectionString: parsed.href, ssl };
}

/** Those that are used: what the URL names goes before the others. */
export function tlsFilesOf({ url, tls = {} }: DatabaseAddress): TlsFiles {
  const { searchParams: given } = new URL(url);
  return {
    ca: given.get('sslrootcert') ?? tls.ca,
    cert: given.get('sslcert') ?? tls.cert,
    key: given.get('sslkey') ?? tls.key,
  };
}

function optionsOf(mode: string, files: TlsFiles): ConnectionOptions {
  const options: ConnectionOptions = {};
  const ca = files.ca === 'system' ? undefined : files.ca;
  for (const [name, path] of Object.entries({ ...files, ca }))
    if (path !== undefined) readAnew(options, name, path);
  if (mode === 'no-verify') options.rejectUnauthorized = false;
  // Anybody gets a certificate of a public authority, so only its name tells servers apart.
  else if (mode !== 'verify-full' && ca !== undefined) options.checkServerIdentity = () => undefined;
  return options;
}

function readAnew(options: ConnectionOptions, name: string, path: string): void {
  let text = readFileSync(path, 'utf8');
  const get = (): string => {
    try {
      text = readFileSync(path, 'utf8');
    } catch {
      // It is being replaced: what was read last may do still. An error here would end the process.
    }
    return text;
  };
  Object.defineProperty(options, name, { get, enumerable: true, configurable: true });
}
