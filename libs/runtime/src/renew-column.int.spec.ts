import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Pool } from '#libs/postgres';
import { type AtRestKeys, decryptAtRest, encryptAtRest } from '#libs/secrets';
import { createTestDatabase, type TestDatabase } from '#libs/testing';
import { renewColumn } from './renew-column.js';

const [before, now] = [randomBytes(32), randomBytes(32)];
const both: AtRestKeys = [now, before];

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await createTestDatabase({ schema: 'public' });
  ({ pool } = database);
  await pool.query('CREATE TABLE sealed (name text PRIMARY KEY, value text NOT NULL)');
});
afterAll(() => database.drop());
beforeEach(() => pool.query('TRUNCATE sealed'));

type Line = readonly [object, string];
const lines: Line[] = [];
const say = (facts: object, text: string): void => void lines.push([facts, text]);
const logger = { info: say, warn: say } as unknown as Parameters<typeof renewColumn>[0]['logger'];
beforeEach(() => lines.splice(0));

const renew = (keys: AtRestKeys = both) =>
  renewColumn({ pool, logger }, { table: 'sealed', column: 'value', keys });
const put = async (name: string, keys: AtRestKeys, text: string): Promise<void> => {
  await pool.query('INSERT INTO sealed VALUES ($1, $2)', [name, await encryptAtRest(keys, text)]);
};
const valueOf = async (name: string): Promise<string> => {
  const { rows } = await pool.query<{ value: string }>('SELECT value FROM sealed WHERE name = $1', [name]);
  return String(rows[0]?.value);
};

describe('values that rest under a former key', () => {
  it('are encrypted with the first, once; what rests there already and what no key opens stays', async () => {
    await put('old', [before], 'hunter2');
    await put('new', [now], 'swordfish');
    await put('foreign', [randomBytes(32)], 'nobody knows');
    const untouched = [await valueOf('new'), await valueOf('foreign')];
    await renew();
    expect(await decryptAtRest([now], await valueOf('old'))).toBe('hunter2');
    expect([await valueOf('new'), await valueOf('foreign')]).toEqual(untouched);
    expect(lines.map(([facts]) => facts)).toEqual([
      { table: 'sealed', unreadable: 1 },
      { table: 'sealed', renewed: 1 },
    ]);
    await renew();
    expect(lines.at(-1)?.[0]).toEqual({ table: 'sealed', renewed: 0 });
  });

  it('are renewed by one of the replicas that start together, and by none that has one key only', async () => {
    for (let n = 0; n < 20; n += 1) await put(`old-${n}`, [before], `value ${n}`);
    await Promise.all([renew(), renew(), renew([now])]);
    for (let n = 0; n < 20; n += 1)
      expect(await decryptAtRest([now], await valueOf(`old-${n}`))).toBe(`value ${n}`);
    const renewed = lines.map(([facts]) => (facts as { renewed?: number }).renewed ?? 0);
    expect(renewed.reduce((sum, count) => sum + count, 0)).toBe(20);
  });
});
