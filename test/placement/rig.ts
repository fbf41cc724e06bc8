import { appSchemas } from '#libs/app-roles';
import { freshKeys } from '#libs/secrets';
import {
  appPool,
  createTestDatabase,
  migrateApp,
  requireEnv,
  type TestDatabase,
  uniqueName,
} from '#libs/testing';
import { enrolRows, type NodeSize } from '../../scripts/placement/nodes.js';
import { Replicas } from '../../scripts/placement/replicas.js';
import { PlacementTraffic } from '../../scripts/placement/traffic.js';

/** Load balancers as processes on a database and topics of their own, and who asks them for places. */
export class PlacementRig {
  private constructor(
    readonly database: TestDatabase,
    readonly replicas: Replicas,
    readonly traffic: PlacementTraffic,
  ) {}

  static async start(nodes: readonly NodeSize[], replicas: number): Promise<PlacementRig> {
    const database = await createTestDatabase({ roles: true, schema: appSchemas['load-balancer'] });
    const env: Record<string, string> = {
      ...freshKeys(),
      ...(database.appUrls as Record<string, string>),
      KAFKA_BROKERS: requireEnv('KAFKA_BROKERS'),
      KAFKA_PREFIX: `${uniqueName('placement')}.`,
    };
    const rig = new PlacementRig(database, new Replicas({ env }), new PlacementTraffic(env));
    try {
      const owner = appPool(database, 'node-manager');
      await migrateApp('node-manager', owner).finally(() => owner.end());
      await enrolRows(database.pool, env['SLIPWAY_NODE_KEY'], nodes);
      await rig.replicas.start(replicas);
      await rig.traffic.open();
      return rig;
    } catch (error) {
      await rig.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    await this.traffic.close();
    await this.replicas.stop();
    await this.database.drop();
  }
}
