import { expect, it } from 'vitest';
import { createPool, EventStore, eventTables } from '#libs/postgres';
import { createTestDatabase } from './index.js';

it('hands over a migrated database of its own, and drops it with connections open', async () => {
  const database = await createTestDatabase({ sets: [eventTables], schema: 'own' });
  const pool = createPool({ url: database.url, schema: 'own', applicationName: 'test' });
  expect(await new EventStore().read(pool, 'none')).toEqual([]);
  await database.drop();
  await expect(pool.query('SELECT 1')).rejects.toThrow();
  await pool.end();
});
