import pg from 'pg';
import { isUntrustedCertificate } from '#libs/config';
import { type DatabaseAddress, connectionTo, tlsFilesOf } from './tls.js';

/** What OpenSSL calls an alert by which the server ended the handshake. */
const ALERT = /^ERR_SSL_.*ALERT/;
/** node-postgres gives this error no code. */
const NO_TLS = 'The server does not support SSL connections';

/** What the error of a connection means for whoever set the URL in `variable`; undefined where it speaks for itself. */
export function whyNoConnection(
  error: unknown,
  address: DatabaseAddress,
  variable: string,
): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = String((error as { readonly code?: unknown }).code);
  return error instanceof pg.DatabaseError
    ? refused(error.message, code, { address, variable })
    : notTrusted(error.message, code, { address, variable });
}

interface Context {
  readonly address: DatabaseAddress;
  readonly variable: string;
}

/** What names a file: a parameter of the URL, where it has that, else the variable. */
const placeOf = (parameter: string, file: string, { address: { url }, variable }: Context): string =>
  new URL(url).searchParams.has(parameter) ? `${parameter} of ${variable}` : file;
const authorityIn = (context: Context): string => placeOf('sslrootcert', 'DATABASE_CA_FILE', context);
const certificateIn = (context: Context): string => placeOf('sslcert', 'DATABASE_CERT_FILE', context);

function notTrusted(said: string, code: string, context: Context): string | undefined {
  const { address, variable } = context;
  if (isUntrustedCertificate(code)) {
    const { ca = 'system' } = tlsFilesOf(address);
    return ca === 'system'
      ? `the certificate of the server is not signed by an authority that is known here (${code}): set ${authorityIn(context)} to the certificate of that authority`
      : `the certificate of the server is not signed by an authority in ${authorityIn(context)} (${code})`;
  }
  if (code === 'CERT_HAS_EXPIRED') return 'the certificate of the server has expired: renew it';
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return `${said}: name the server in ${variable} as its certificate does, or set ${authorityIn(context)} and sslmode=verify-ca, which does not look at the name`;
  if (ALERT.test(code))
    return `the server refuses the handshake (${code}): check that it trusts the certificate in ${certificateIn(context)}`;
  if (said === NO_TLS)
    return `the server offers no TLS: set sslmode=disable in ${variable}, or switch TLS on there`;
  return undefined;
}

/** By SQLSTATE, with the statement that mends it. */
function refused(said: string, code: string, context: Context): string | undefined {
  const { username, pathname } = new URL(context.address.url);
  const role = pg.escapeIdentifier(decodeURIComponent(username));
  const database = pg.escapeIdentifier(decodeURIComponent(pathname.slice(1)) || decodeURIComponent(username));
  if (code === '28P01')
    return `${said}: check user and password in ${context.variable}. Or, as an administrator, CREATE ROLE ${role} LOGIN PASSWORD '...' where it is missing, else ALTER ROLE ${role} PASSWORD '...'`;
  if (code === '3D000') return `${said}: as an administrator, CREATE DATABASE ${database} OWNER ${role}`;
  if (code === '42501')
    return `${said}: as an administrator, GRANT CONNECT ON DATABASE ${database} TO ${role}`;
  if (code === '28000') return `${said}: ${notAdmitted(context)}`;
  return undefined;
}

/** The server does not say which of its rules refused; what was not offered may be why. */
function notAdmitted(context: Context): string {
  const { address } = context;
  const { ssl } = connectionTo(address);
  if (ssl === undefined || ssl === false)
    return 'if the server wants TLS, add ?sslmode=verify-full to the URL';
  if (tlsFilesOf(address).cert === undefined)
    return 'if the server wants a client certificate, set DATABASE_CERT_FILE and DATABASE_KEY_FILE';
  return `check that the server has the role, and that the name in ${certificateIn(context)} is that of the role`;
}
