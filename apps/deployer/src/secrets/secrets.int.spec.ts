import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { secretRequested, type SecretReply } from '#libs/contracts';
import { Outbox, transaction, type Pool } from '#libs/postgres';
import { renewColumn } from '#libs/runtime';
import { generateDeployerKeys, parsePrivateKeys, parsePublicKey, seal } from '#libs/secrets';
import type { TestDatabase } from '#libs/testing';
import { PostgresRequestAnswers } from '../requests/adapters/request-answers.js';
import { SecretIntake } from './adapters/secret-intake.js';
import { PostgresSecrets } from './adapters/secrets.js';
import { createDeployerDatabase } from '../task/database.testing.js';

const keys = await generateDeployerKeys();
const publicKey = parsePublicKey(keys.publicKey);
const privateKeys = parsePrivateKeys(keys.privateKey);
const atRestKeys = [randomBytes(32)] as const;

let database: TestDatabase;
let pool: Pool;
let secrets: PostgresSecrets;
let intake: SecretIntake;
beforeAll(async () => {
  database = await createDeployerDatabase();
  ({ pool } = database);
  secrets = new PostgresSecrets(pool, { privateKeys, atRestKeys });
  intake = new SecretIntake({ requests: new PostgresRequestAnswers(new Outbox()), secrets });
});
afterAll(() => database.drop());
beforeEach(() => pool.query('TRUNCATE secrets, requests, outbox CASCADE'));

let tokens = 0;

/** Takes a request in; its reply. */
async function ask(body: object): Promise<SecretReply> {
  const request = secretRequested.schema.parse({
    token: `t${(tokens += 1)}`,
    appId: 'shop',
    name: 'db',
    ...body,
  });
  await transaction(pool, (tx) => intake.accept(tx, request));
  const replies = await repliesTo(request.token);
  return replies.at(-1) as SecretReply;
}

async function repliesTo(token: string): Promise<readonly SecretReply[]> {
  const { rows } = await pool.query<{ topic: string; data: SecretReply }>(
    `SELECT topic, data FROM outbox WHERE data ->> 'token' = $1`,
    [token],
  );
  for (const { topic } of rows) expect(topic).toBe('secret.responses');
  return rows.map(({ data }) => data);
}

async function set(value: unknown, more: object = {}): Promise<SecretReply> {
  const inside = { appId: 'shop', name: 'db', value, ...more };
  return ask({ mode: 'set', sealedValue: await seal(publicKey, inside) });
}

const valueOf = async (name = 'db', appId = 'shop') =>
  (await secrets.values(appId, [name])).get(name)?.reveal();

/** All that the database holds, as text. */
async function everything(): Promise<string> {
  const { rows: tables } = await pool.query<{ name: string }>(
    `SELECT quote_ident(table_name) AS name FROM information_schema.tables WHERE table_schema = $1`,
    [database.schema],
  );
  const texts = tables.map(
    async ({ name }) => (await pool.query(`SELECT t::text AS row FROM ${name} t`)).rows,
  );
  return JSON.stringify(await Promise.all(texts));
}

describe('a secret', () => {
  it('is stored with a version that rises, and nowhere in clear', async () => {
    expect(await set('hunter2')).toMatchObject({ status: true, secret: { name: 'db', version: 1 } });
    expect(await set('swordfish')).toMatchObject({ status: true, secret: { name: 'db', version: 2 } });
    expect(await valueOf()).toBe('swordfish');
    expect(await secrets.list('shop')).toMatchObject([{ name: 'db', version: 2 }]);
    expect(await secrets.names('shop')).toEqual(['db']);
    const stored = await everything();
    expect(stored).toContain('shop');
    for (const value of ['hunter2', 'swordfish'])
      for (const form of [value, Buffer.from(value).toString('base64url')])
        expect(stored).not.toContain(form);
  });

  it('does not stand sealed in the record of requests: who has the key there must not have the value', async () => {
    await set('hunter2');
    const { rows } = await pool.query<{ request: object }>('SELECT request FROM requests');
    expect(rows).toHaveLength(1);
    expect(Object.keys(rows[0]?.request ?? {}).sort()).toEqual(['appId', 'mode', 'name', 'token']);
  });

  it("is one application's: another has none of that name", async () => {
    await set('hunter2');
    expect(await valueOf('db', 'other')).toBeUndefined();
    expect(await secrets.list('other')).toEqual([]);
  });

  it('is removed, and its removal is told with the version that it had', async () => {
    await set('hunter2');
    expect(await ask({ mode: 'remove' })).toMatchObject({ status: true, secret: { name: 'db', version: 1 } });
    expect(await valueOf()).toBeUndefined();
    expect(await ask({ mode: 'remove' })).toMatchObject({
      status: false,
      error: {
        code: 'SECRET_NOT_FOUND',
        hint: expect.stringContaining('slipway secret list shop') as string,
      },
    });
  });

  it('asked for twice with one token is set once, and answered the same', async () => {
    const sealedValue = await seal(publicKey, { appId: 'shop', name: 'db', value: 'first' });
    const first = await ask({ token: 'same', mode: 'set', sealedValue });
    const other = await seal(publicKey, { appId: 'shop', name: 'db', value: 'second' });
    await ask({ token: 'same', mode: 'set', sealedValue: other });
    expect(await repliesTo('same')).toEqual([first, first]);
    expect(await valueOf()).toBe('first');
  });

  it.each([
    ["another application's", { appId: 'other' }],
    ['another name', { name: 'else' }],
  ])(
    'that was sealed as %s is not stored: what was seen on a topic cannot be given to a service',
    async (_, as) => {
      expect(await set('hunter2', as)).toMatchObject({ status: false, error: { code: 'SECRET_UNREADABLE' } });
      expect(await secrets.list('shop')).toEqual([]);
    },
  );

  it.each([
    ['is empty', ''],
    ['has a NUL character', 'a\0b'],
    ['is too long', 'x'.repeat(32_769)],
    ['is no text', { password: 'hunter2' }],
  ])('that %s is refused, and not repeated', async (_, value) => {
    const reply = await set(value);
    expect(reply).toMatchObject({ status: false, error: { code: 'SECRET_UNREADABLE' } });
    expect(JSON.stringify(reply)).not.toMatch(/hunter2|xxx/);
  });

  it('that was sealed to another key is refused with what to check', async () => {
    const { publicKey: another } = await generateDeployerKeys();
    const sealedValue = await seal(parsePublicKey(another), { appId: 'shop', name: 'db', value: 'hunter2' });
    expect(await ask({ mode: 'set', sealedValue })).toMatchObject({
      status: false,
      error: {
        code: 'SECRET_UNREADABLE',
        hint: expect.stringContaining('SLIPWAY_DEPLOYER_PUBLIC_KEY') as string,
      },
    });
  });

  it('of the longest length is stored as it is', async () => {
    const value = '\u0001'.repeat(32_768);
    expect(await set(value)).toMatchObject({ status: true });
    expect(await valueOf()).toBe(value);
  });

  it('that rests under another key is told as such, by its name', async () => {
    await set('hunter2');
    const others = new PostgresSecrets(pool, { privateKeys, atRestKeys: [randomBytes(32)] });
    await expect(others.values('shop', ['db'])).rejects.toMatchObject({
      code: 'SECRET_UNREADABLE',
      message: expect.stringContaining('db of shop') as string,
      hint: expect.stringContaining('SLIPWAY_APP_SECRET_KEY') as string,
    });
  });

  it('that rests under the key that was shared before is opened, and renewed for the new one', async () => {
    await set('hunter2');
    const own = randomBytes(32);
    const both = new PostgresSecrets(pool, { privateKeys, atRestKeys: [own, ...atRestKeys] });
    expect((await both.values('shop', ['db'])).get('db')?.reveal()).toBe('hunter2');
    const logger = { info: () => undefined, warn: () => undefined };
    const column = { table: 'secrets', column: 'value_encrypted', keys: [own, ...atRestKeys] as const };
    await renewColumn({ pool, logger }, column);
    const alone = new PostgresSecrets(pool, { privateKeys, atRestKeys: [own] });
    expect((await alone.values('shop', ['db'])).get('db')?.reveal()).toBe('hunter2');
  });

  it('does not open in the row of another', async () => {
    await set('hunter2');
    await pool.query(
      `INSERT INTO secrets (app_id, name, value_encrypted) SELECT 'other', name, value_encrypted FROM secrets`,
    );
    await expect(secrets.values('other', ['db'])).rejects.toMatchObject({ code: 'SECRET_UNREADABLE' });
  });

  it('too many of one application is refused; one that is there can still be changed', async () => {
    await set('hunter2');
    await pool.query(
      `INSERT INTO secrets (app_id, name, value_encrypted) SELECT 'shop', 's' || n, '' FROM generate_series(1, 199) n`,
    );
    const sealedValue = await seal(publicKey, { appId: 'shop', name: 'more', value: 'x' });
    expect(await ask({ mode: 'set', name: 'more', sealedValue })).toMatchObject({
      error: { code: 'SECRETS_TOO_MANY' },
    });
    expect(await set('changed')).toMatchObject({ secret: { version: 2 } });
  });
});

describe('a secret request that cannot be read', () => {
  it('is answered once, without its body in the record', async () => {
    const error = { code: 'REQUEST_INVALID', message: 'm', hint: 'h' };
    for (const _ of [1, 2])
      await transaction(pool, (tx) => intake.refuse(tx, { token: 'bad', status: false, error }));
    expect(await repliesTo('bad')).toEqual([
      { token: 'bad', status: false, error },
      { token: 'bad', status: false, error },
    ]);
    const { rows } = await pool.query('SELECT request FROM requests');
    expect(rows).toEqual([{ request: { token: 'bad' } }]);
  });
});
