import { type Pool, transaction } from '#libs/postgres';
import { namingRegistry, readNode, RegistryUnavailableError } from '#libs/registry-client';
import type { Leaving } from '../domain/moves.js';
import type { NodeInventory } from '../ports.js';

interface Place {
  readonly address: string;
  readonly sshPort: number;
}

/** What people ask of nodes, as the registry's view shows it. */
export class RegistryInventory implements NodeInventory {
  constructor(private readonly pool: Pool) {}

  /** A machine whose name another one has by now is gone, too: what ran on it is not on that. */
  async leaving(name: string): Promise<Leaving | undefined> {
    try {
      const [node, known] = await Promise.all([
        transaction(this.pool, (tx) => readNode(tx, name)),
        this.knownPlace(name),
      ]);
      if (node === undefined) return undefined;
      const isOther =
        known !== undefined && (known.address !== node.address || known.sshPort !== node.sshPort);
      if (node.wish === 'removed' || isOther) return 'gone';
      return node.wish === 'draining' ? 'draining' : undefined;
    } catch (error) {
      if (error instanceof RegistryUnavailableError) return undefined;
      throw error;
    }
  }

  async isAway(name: string): Promise<boolean> {
    try {
      const node = await transaction(this.pool, (tx) => readNode(tx, name));
      return node?.state === 'unreachable' || node?.state === 'returning';
    } catch (error) {
      if (error instanceof RegistryUnavailableError) return false;
      throw error;
    }
  }

  async allLeaving(): Promise<ReadonlySet<string>> {
    try {
      const nodes = await namingRegistry(
        this.pool.query<{ name: string }>(
          `SELECT name FROM registry.nodes WHERE wish IN ('draining', 'removed')`,
        ),
      );
      return new Set(nodes.rows.map(({ name }) => name));
    } catch (error) {
      if (error instanceof RegistryUnavailableError) return new Set();
      throw error;
    }
  }

  /** Where the deployer reaches it. */
  private async knownPlace(name: string): Promise<Place | undefined> {
    const { rows } = await this.pool.query<Place>(
      `SELECT login ->> 'address' AS address, (login ->> 'sshPort')::integer AS "sshPort"
       FROM node_logins WHERE node = $1`,
      [name],
    );
    return rows[0];
  }
}
