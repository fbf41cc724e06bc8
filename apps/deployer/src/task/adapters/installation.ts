import type { Pool } from '#libs/postgres';

/** The id of this Slipway, made with its database. */
export async function installationId(pool: Pool): Promise<string> {
  const { rows } = await pool.query<{ id: string }>('SELECT id FROM installation');
  const id = rows[0]?.id;
  if (id === undefined) throw new Error('the deployer has no installation id: its schema is not whole');
  return id;
}
