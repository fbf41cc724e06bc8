import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requireEnv } from '#libs/testing';
import { makeCertificates } from '../../scripts/one-machine/certificates.js';
import { Ledger } from '../../scripts/one-machine/ledger.js';
import { type PostgresServer, startPostgresServer } from '../../scripts/one-machine/postgres.js';
import { opened, refusal } from './opened.js';

const folder = mkdtempSync(join(tmpdir(), 'slipway-tls-'));
const file = (name: string): string => join(folder, name);
const DATABASE_CA_FILE = file('ca.crt');
/** By certificate only; by TLS only; both for the user's own password elsewhere. */
const ACCESS = [
  'hostssl with_certificate all 127.0.0.1/32 cert',
  'hostnossl tls_only all 127.0.0.1/32 reject',
];
let server: PostgresServer;

beforeAll(async () => {
  await makeCertificates(folder, '127.0.0.1', { clients: ['app', 'stranger'] });
  server = await startPostgresServer(new Ledger(file('ledger')), { certificates: folder, access: ACCESS });
  const admin = new pg.Client({ connectionString: server.url });
  await admin.connect();
  await admin.query(`CREATE ROLE app LOGIN PASSWORD 'secret'`);
  for (const name of ['plain', 'tls_only', 'with_certificate'])
    await admin.query(`CREATE DATABASE ${name} OWNER app`);
  await admin.end();
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

/** `plain?sslmode=require` */
const urlOf = (rest: string, host = '127.0.0.1'): string =>
  `postgres://app:secret@${host}:${new URL(server.url).port}/${rest}`;

describe('a server with a certificate of a private authority', () => {
  it.each(['require', 'verify-ca', 'verify-full'])(
    'and sslmode=%s without that authority: one line that names the variable',
    async (mode) => {
      const { message } = await refusal({ DATABASE_URL: urlOf(`plain?sslmode=${mode}`) });
      expect(message).toBe(
        'Cannot connect to DATABASE_URL: the certificate of the server is not signed by an authority that is known here (SELF_SIGNED_CERT_IN_CHAIN): set DATABASE_CA_FILE to the certificate of that authority',
      );
    },
  );

  it('is used by every connection once DATABASE_CA_FILE names the authority', async () => {
    const database = await opened({ DATABASE_URL: urlOf('plain'), DATABASE_CA_FILE });
    const { rows } = await database.pool.query(
      `SELECT DISTINCT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
       WHERE datname = 'plain' AND application_name IN ('test/test', 'slipway-listener')`,
    );
    expect(rows).toEqual([{ ssl: true }]);
    await database.close();
  });

  it('under another name than its certificate has: only verify-full minds', async () => {
    const url = (mode: string) => urlOf(`plain?sslmode=${mode}`, 'localhost');
    const { message } = await refusal({ DATABASE_URL: url('verify-full'), DATABASE_CA_FILE });
    expect(message).toMatch(
      /^Cannot connect to DATABASE_URL: .*localhost.*: name the server in DATABASE_URL as its certificate does, or set DATABASE_CA_FILE and sslmode=verify-ca/,
    );
    for (const mode of ['require', 'verify-ca'])
      await opened({ DATABASE_URL: url(mode), DATABASE_CA_FILE }).then((database) => database.close());
  });

  it('and another authority in DATABASE_CA_FILE: the line says so', async () => {
    const other = mkdtempSync(join(folder, 'other-'));
    const ca = await makeCertificates(other, '127.0.0.1');
    const { message } = await refusal({ DATABASE_URL: urlOf('plain'), DATABASE_CA_FILE: ca });
    expect(message).toMatch(/is not signed by an authority in DATABASE_CA_FILE \([A-Z_]+\)$/);
  });
});

describe('a server that wants', () => {
  it('TLS, and gets none', async () => {
    const { message } = await refusal({ DATABASE_URL: urlOf('tls_only') });
    expect(message).toMatch(/ if the server wants TLS, add \?sslmode=verify-full to the URL$/);
  });

  it('a client certificate: it gets that of DATABASE_CERT_FILE, and the line names it where it is missing', async () => {
    const env = { DATABASE_URL: urlOf('with_certificate'), DATABASE_CA_FILE };
    const { message } = await refusal(env);
    expect(message).toMatch(
      / if the server wants a client certificate, set DATABASE_CERT_FILE and DATABASE_KEY_FILE$/,
    );
    const files = { DATABASE_CERT_FILE: file('app.crt'), DATABASE_KEY_FILE: file('app.key') };
    const database = await opened({ ...env, ...files });
    await database.close();
  });

  it('a client certificate of the role, and gets one of another name', async () => {
    const files = { DATABASE_CERT_FILE: file('stranger.crt'), DATABASE_KEY_FILE: file('stranger.key') };
    const { message } = await refusal({
      DATABASE_URL: urlOf('with_certificate'),
      DATABASE_CA_FILE,
      ...files,
    });
    expect(message).toMatch(/the name in DATABASE_CERT_FILE is that of the role$/);
  });

  it('no TLS, and is asked for it', async () => {
    const url = new URL(requireEnv('DATABASE_URL'));
    url.search = '?sslmode=require';
    const { message } = await refusal({ DATABASE_URL: url.href });
    expect(message).toBe(
      'Cannot connect to DATABASE_URL: the server offers no TLS: set sslmode=disable in DATABASE_URL, or switch TLS on there',
    );
  });
});

describe('files that do not belong together', () => {
  const [cert, key] = [file('app.crt'), file('app.key')];
  it.each([
    [{ DATABASE_CERT_FILE: cert }, 'DATABASE_KEY_FILE is not set'],
    [{ DATABASE_KEY_FILE: key }, 'DATABASE_CERT_FILE is not set'],
    [{ DATABASE_CA_FILE: key }, `DATABASE_CA_FILE is "${key}": expected a certificate in PEM`],
    [
      { DATABASE_CERT_FILE: cert, DATABASE_KEY_FILE: cert },
      'expected a private key in PEM, without a passphrase',
    ],
    [
      { DATABASE_CERT_FILE: cert, DATABASE_KEY_FILE: file('stranger.key') },
      'expected the private key of the certificate in DATABASE_CERT_FILE',
    ],
  ])('%o', async (files, expected) => {
    const error = await refusal({ DATABASE_URL: urlOf('plain'), ...files });
    expect(error).toMatchObject({ code: 'CONFIGURATION_INVALID' });
    expect(error.message).toContain(expected);
  });
});
