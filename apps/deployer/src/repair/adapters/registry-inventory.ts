import { type Pool, transaction } from '#libs/postgres';
import { namingRegistry, orWithoutRegistry, readNode, type RegistryNode } from '#libs/registry-client';
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
    const [node, known] = await Promise.all([this.node(name), this.knownPlace(name)]);
    if (node === undefined) return undefined;
    const isOther = known !== undefined && (known.address !== node.address || known.sshPort !== node.sshPort);
    if (node.wish === 'removed' || isOther) return 'gone';
    return node.wish === 'draining' ? 'draining' : undefined;
  }

  async isAway(name: string): Promise<boolean> {
    const { state } = (await this.node(name)) ?? {};
    return state === 'unreachable' || state === 'returning';
  }

  async allLeaving(): Promise<ReadonlySet<string>> {
    const reading = this.pool.query<{ name: string }>(
      `SELECT name FROM registry.nodes WHERE wish IN ('draining', 'removed')`,
    );
    const names = namingRegistry(reading).then(({ rows }) => rows.map(({ name }) => name));
    return new Set(await orWithoutRegistry([], names));
  }

  private node(name: string): Promise<RegistryNode | undefined> {
    return orWithoutRegistry(
      undefined,
      transaction(this.pool, (tx) => readNode(tx, name)),
    );
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
