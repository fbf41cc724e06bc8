import { nodeAccessRequested } from '#libs/contracts';
import { type Outbox, type Pool, transaction } from '#libs/postgres';
import { namingRegistry, RegistryUnavailableError } from '#libs/registry-client';
import { outgoing } from '#libs/runtime';
import { type PrivateJwk, type PrivateJwks, SealError, unseal } from '#libs/secrets';

/**
 * Has the way to those nodes asked for again whose stored login is not sealed to the first key: before the keys behind it
 * are removed, the load balancer has sealed each login to that one. Logins of nodes that were removed are of no use.
 * @returns how many; undefined where the registry is not there yet, and with it no node
 */
export async function renewLogins(pool: Pool, keys: PrivateJwks): Promise<number | undefined> {
  try {
    return await namingRegistry(askAnew(pool, keys));
  } catch (error) {
    if (error instanceof RegistryUnavailableError) return undefined;
    throw error;
  }
}

async function askAnew(pool: Pool, [first]: PrivateJwks): Promise<number> {
  const { rows } = await pool.query<{ node: string; sealed: string }>(
    `SELECT node, login ->> 'sealedLogin' AS sealed FROM node_logins l
     WHERE EXISTS (SELECT FROM registry.nodes n WHERE n.name = l.node AND n.wish <> 'removed')`,
  );
  const former: string[] = [];
  for (const { node, sealed } of rows) if (!(await opens(first, sealed))) former.push(node);
  await pool.query('UPDATE node_checks SET access_asked_at = NULL WHERE node = ANY ($1)', [former]);
  return former.length;
}

async function opens(key: PrivateJwk, sealed: string): Promise<boolean> {
  try {
    await unseal([key], sealed);
    return true;
  } catch (error) {
    if (error instanceof SealError) return false;
    throw error;
  }
}

interface NodeAccessParts {
  readonly pool: Pool;
  readonly outbox: Outbox;
}

/**
 * Asks the load balancer for the way to each node that is new, or has changed since it was asked last: also where
 * nothing is placed there, a node is looked after, and a login that was changed counts from then on.
 */
export class NodeAccess {
  constructor(private readonly parts: NodeAccessParts) {}

  /** The names of those that were asked for; each by one replica. */
  async ask(): Promise<readonly string[]> {
    try {
      return await namingRegistry(this.askForChanged());
    } catch (error) {
      if (error instanceof RegistryUnavailableError) return [];
      throw error;
    }
  }

  private askForChanged(): Promise<readonly string[]> {
    const { pool, outbox } = this.parts;
    return transaction(pool, async (tx) => {
      const { rows } = await tx.query<{ node: string }>(
        `INSERT INTO node_checks AS known (node, access_asked_at)
         SELECT name, updated_at FROM registry.nodes n
         WHERE wish <> 'removed' AND NOT EXISTS (SELECT FROM node_checks c WHERE c.node = n.name AND c.access_asked_at >= n.updated_at)
         ORDER BY name
         ON CONFLICT (node) DO UPDATE SET access_asked_at = excluded.access_asked_at
           WHERE known.access_asked_at IS NULL OR known.access_asked_at < excluded.access_asked_at
         RETURNING node`,
      );
      const names = rows.map(({ node }) => node);
      await outbox.add(
        tx,
        names.map((node) => outgoing(nodeAccessRequested, { node })),
      );
      return names;
    });
  }
}
