import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConnectionOptions } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectionTo, sslModeOf } from './tls.js';

const folder = mkdtempSync(join(tmpdir(), 'slipway-tls-'));
const ca = join(folder, 'ca.pem');
const other = join(folder, 'other.pem');
beforeAll(() => {
  writeFileSync(ca, 'the authority');
  writeFileSync(other, 'another authority');
});
afterAll(() => rmSync(folder, { recursive: true }));

const URL_ = 'postgres://u:p%40ss@db.example:6432/x';
const sslOf = (query: string, tls = {}): ConnectionOptions | undefined | boolean =>
  connectionTo({ url: `${URL_}${query}`, tls }).ssl;

describe('connectionTo', () => {
  it('leaves a URL alone that says nothing of TLS, where no file is named', () => {
    const url = `${URL_}?connect_timeout=3`;
    expect(connectionTo({ url })).toEqual({ connectionString: url });
  });

  it('uses TLS as soon as a file is named, and verifies the name', () => {
    expect(sslOf('', { ca })).toEqual({ ca: 'the authority' });
  });

  it('takes no TLS parameter into the URL that node-postgres would understand in its own way', () => {
    const url = `${URL_}?sslmode=require&connect_timeout=3&sslrootcert=${ca}`;
    const { connectionString } = connectionTo({ url });
    expect(connectionString).toBe(`${URL_}?connect_timeout=3`);
  });

  it.each(['allow', 'prefer', 'require', 'verify-ca'])(
    '%s with an authority does not look at the name',
    (mode) => {
      expect(sslOf(`?sslmode=${mode}`, { ca })).toEqual({
        ca: 'the authority',
        checkServerIdentity: expect.any(Function) as unknown,
      });
    },
  );

  it.each(['allow', 'prefer', 'require', 'verify-ca', 'verify-full'])(
    '%s without an authority verifies everything by those that Node knows',
    (mode) => {
      expect(sslOf(`?sslmode=${mode}`)).toEqual({});
      expect(sslOf(`?sslmode=${mode}&sslrootcert=system`)).toEqual({});
    },
  );

  it.each([
    ['?sslmode=verify-full', { ca: 'the authority' }],
    ['?sslmode=no-verify', { ca: 'the authority', rejectUnauthorized: false }],
    ['?sslmode=disable', false],
    ['?ssl=true', { ca: 'the authority' }],
    ['?ssl=0', false],
  ])('%s with an authority', (query, expected) => {
    expect(sslOf(query, { ca })).toEqual(expected);
  });

  it("verifies nothing by libpq's own `require`, where the URL asks for it", () => {
    expect(sslOf('?sslmode=require&uselibpqcompat=true')).toEqual({ rejectUnauthorized: false });
  });

  it('prefers the files that the URL names', () => {
    expect(sslOf(`?sslmode=verify-full&sslrootcert=${other}`, { ca })).toEqual({ ca: 'another authority' });
  });

  it('reads a file that was renewed, and keeps the last text of one that is gone', () => {
    const path = join(folder, 'renewed.pem');
    writeFileSync(path, 'old');
    const ssl = sslOf('', { ca: path }) as ConnectionOptions;
    writeFileSync(path, 'new');
    expect(ssl.ca).toBe('new');
    rmSync(path);
    expect(ssl.ca).toBe('new');
  });
});

it('sslModeOf knows the mode of a URL', () => {
  expect(sslModeOf(URL_)).toBeUndefined();
  expect(sslModeOf(`${URL_}?sslmode=odd&ssl=true`)).toBe('odd');
  expect(sslModeOf(`${URL_}?ssl=no-verify`)).toBe('no-verify');
});
