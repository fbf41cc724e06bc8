import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { whyNoConnection } from './why-no-connection.js';

const address = { url: 'postgres://app:hunter2@db.example/slipway' };
const why = (error: Error, url = address.url): string | undefined =>
  whyNoConnection(error, { url }, 'DEPLOYER_DATABASE_URL');
const coded = (code: string, message = 'said'): Error => Object.assign(new Error(message), { code });

function fromServer(code: string): Error {
  const error = new pg.DatabaseError('said', 4, 'error');
  error.code = code;
  return error;
}

describe('whyNoConnection', () => {
  it.each([
    ['CERT_HAS_EXPIRED', 'the certificate of the server has expired: renew it'],
    [
      'ERR_TLS_CERT_ALTNAME_INVALID',
      'said: name the server in DEPLOYER_DATABASE_URL as its certificate does',
    ],
    ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'check that it trusts the certificate in DATABASE_CERT_FILE'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'set DATABASE_CA_FILE to the certificate of that authority'],
  ])('%s', (code, expected) => {
    expect(why(coded(code))).toContain(expected);
  });

  it.each([
    ['28P01', `check user and password in DEPLOYER_DATABASE_URL. Or, as an administrator, CREATE ROLE "app"`],
    ['3D000', 'CREATE DATABASE "slipway" OWNER "app"'],
    ['42501', 'GRANT CONNECT ON DATABASE "slipway" TO "app"'],
    ['28000', 'add ?sslmode=verify-full to the URL'],
  ])('%s of the server, and never the password', (code, expected) => {
    expect(why(fromServer(code))).toContain(expected);
    expect(why(fromServer(code))).not.toContain('hunter2');
  });

  it('quotes names that hold more than letters, and takes the role as the name of the database where there is none', () => {
    expect(why(fromServer('3D000'), 'postgres://a%22b:x@db.example')).toContain(
      'CREATE DATABASE "a""b" OWNER "a""b"',
    );
  });

  it('a file that the URL names was told by the variable, which is not looked at then', () => {
    const told = (parameter: string, code: string) => why(coded(code), `${address.url}?${parameter}`);
    expect(told('sslrootcert=/ca.pem', 'SELF_SIGNED_CERT_IN_CHAIN')).toContain(
      'not signed by an authority in sslrootcert of DEPLOYER_DATABASE_URL',
    );
    expect(told('sslrootcert=system', 'SELF_SIGNED_CERT_IN_CHAIN')).toContain(
      'set sslrootcert of DEPLOYER_DATABASE_URL to the certificate',
    );
    expect(told('sslcert=/c.pem', 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA')).toContain(
      'the certificate in sslcert of DEPLOYER_DATABASE_URL',
    );
  });

  it('leaves errors alone that speak for themselves', () => {
    expect(why(coded('ECONNREFUSED'))).toBeUndefined();
    expect(why(fromServer('53300'))).toBeUndefined();
    expect(whyNoConnection('text', address, 'DATABASE_URL')).toBeUndefined();
  });
});
