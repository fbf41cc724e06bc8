import { appSchemas, databaseVariable } from '#libs/app-roles';
import { createKafka, SILENT, type PlatformKafka } from '#libs/kafka';
import { createPool, type Pool } from '#libs/postgres';
import { atRestKeys, encryptAtRest } from '#libs/secrets';
import { type AppProcess, migrateApp, spawnApp, spawnScript, until, untilReady } from '#libs/testing';
import type { SimulatedNodes } from '../../../test/simulator/nodes/simulated-nodes.js';
import { startServers } from '../../one-machine/servers.js';
import { printProgress } from '../../one-machine/start.js';

const SIMULATOR = 'dist/test/simulator/nodes/main.js';

type WhereNodesAre = Pick<SimulatedNodes, 'hostKeyFingerprint' | 'nodes'>;

/** Kafka and PostgreSQL, simulated nodes that are enrolled, and one agent that watches them all. */
export class AgentInstallation {
  private constructor(
    private readonly env: Readonly<Record<string, string>>,
    private readonly registry: Pool,
    private readonly stops: AsyncDisposableStack,
  ) {}

  static async start(): Promise<AgentInstallation> {
    const stops = new AsyncDisposableStack();
    try {
      const { env } = await startServers(stops, printProgress);
      const app = 'node-manager';
      const url = String(env[databaseVariable(app)]);
      const registry = createPool({ url, schema: appSchemas[app], applicationName: 'bench-agent' });
      stops.defer(() => registry.end());
      await migrateApp(app, registry);
      return new AgentInstallation(env, registry, stops);
    } catch (error) {
      await stops.disposeAsync();
      throw error;
    }
  }

  kafka(): PlatformKafka {
    const brokers = String(this.env['KAFKA_BROKERS']).split(',');
    return createKafka({ brokers, clientId: 'bench-agent', logger: SILENT });
  }

  /** Nodes in a process of their own, which is ended with its result; enrolled as if an administrator had done it. */
  async enrolSimulated(nodes: number, containers: number, working: number): Promise<AppProcess> {
    const simulator = spawnScript(SIMULATOR, this.env, [nodes, containers, working].map(String));
    const line = await until('the simulated nodes', () => /^\{.*\}$/m.exec(simulator.log())?.[0]);
    await this.enrol(JSON.parse(line) as WhereNodesAre).catch(async (error: unknown) => {
      await simulator.stop();
      throw error;
    });
    return simulator;
  }

  async startAgent(): Promise<AppProcess> {
    const agent = spawnApp('agent', this.env);
    await untilReady(agent);
    return agent;
  }

  stop(): Promise<void> {
    return this.stops.disposeAsync();
  }

  private async enrol({ hostKeyFingerprint, nodes }: WhereNodesAre): Promise<void> {
    const keys = atRestKeys(this.env['SLIPWAY_NODE_KEY'], undefined);
    const login = await encryptAtRest(keys, { password: 'any' });
    await this.registry.query('DELETE FROM node_records');
    await this.registry.query(
      `INSERT INTO node_records (name, address, ssh_port, ssh_user, host_key_fingerprint, login_encrypted,
         state, cpus, memory_bytes, engine_version, first_port, last_port)
       SELECT name, '127.0.0.1', port, name, $2, $3, 'ready', 4, 16e9, '29', 20000, 20099
       FROM json_to_recordset($1) AS node (name text, port integer)`,
      [JSON.stringify(nodes), hostKeyFingerprint, login],
    );
  }
}
