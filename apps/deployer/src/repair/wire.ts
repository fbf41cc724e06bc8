import type { Pool } from '#libs/postgres';
import { Recurring, type Runtime } from '#libs/runtime';
import { parsePrivateKeys } from '#libs/secrets';
import { AgentMessages, followAgents } from './adapters/agent-messages.js';
import { PostgresDifferences } from './adapters/differences.js';
import { PostgresEvictions } from './adapters/evictions.js';
import { NodeAccess, renewLogins } from './adapters/node-access.js';
import { NodeChecks } from './adapters/node-checks.js';
import { RegistryInventory } from './adapters/registry-inventory.js';
import { PostgresRepairStore, purgeRepairs } from './adapters/repair-store.js';
import type { RepairRequests } from '../requests/ports.js';
import { createRolloutRecord } from '../rollout/wire.js';
import type { Services } from '../services/wire.js';
import type { Chore } from '../task/ports.js';
import type { DeployerConfig } from '../deployer.config.js';
import type { Outside } from '../task/outside.wire.js';
import type { Storage } from '../task/storage.wire.js';
import { NodeWatch } from './node-watch.js';
import type { Evictions } from './ports.js';
import { reconcileNode, type ReconcilePorts } from './reconcile-node.js';
import { Hastening, WatchedDifferences } from './watched-differences.js';

/** How long an engine is waited for: longer than a slow list, shorter than the lease of a look. */
const ANSWER_MS = 10_000;
/** What ran on a node that was removed as lost waits for this. */
const GONE_ANSWER_MS = 3_000;
/**
 * A node that does not answer is asked so much more often: what it left is to be put right when it comes back. So is one
 * that is drained: of each service, a look begins one move.
 */
const OFTEN_FACTOR = 5;

interface ReconcilerParts {
  readonly config: DeployerConfig;
  readonly storage: Storage;
  readonly outside: Outside;
  readonly intake: RepairRequests;
  readonly services: Services['record'];
  readonly agents: Pick<AgentMessages, 'of' | 'all' | 'giveUp'>;
  readonly runtime: Pick<Runtime, 'logger' | 'metrics' | 'clock'>;
}

/** How often the record is compared with what agents see. */
const COMPARE_MS = 500;

/** What the agents say; `follow` begins to read it, and what it gives ends that. */
export function createAgentMessages({ clock, kafka }: Pick<Runtime, 'clock' | 'kafka'>) {
  const onUnreachable = new Set<(node: string) => void>();
  const messages = new AgentMessages({
    clock,
    onUnreachable: (node) => onUnreachable.forEach((tell) => tell(node)),
  });
  return {
    messages,
    follow(tell: (node: string) => void): Promise<{ stop(): Promise<void> }> {
      onUnreachable.add(tell);
      return followAgents(kafka, messages);
    },
  };
}

export const createEvictions = (parts: ConstructorParameters<typeof PostgresEvictions>[0]): Evictions =>
  new PostgresEvictions(parts);

/** Logins that are sealed to a former key of the deployer are asked for again. */
export async function renewNodeLogins(
  config: DeployerConfig,
  { pool, logger }: Pick<Runtime, 'pool' | 'logger'>,
) {
  const keys = parsePrivateKeys(config.SLIPWAY_DEPLOYER_PRIVATE_KEY.reveal());
  const asked = await renewLogins(pool, keys);
  if (asked === undefined) return;
  if (asked === 0) logger.info('every stored login of a node is sealed to the first key');
  else logger.info({ asked }, 'logins of nodes are not sealed to the first key: they are asked for again');
}

/** The replica's part in looking after the nodes. */
export function createReconciler(parts: ReconcilerParts): Pick<NodeWatch, 'start' | 'stop'> {
  const { config, storage, runtime, agents } = parts;
  const checks = new NodeChecks(storage.pool);
  const access = new NodeAccess(storage);
  const ports = reconcilePorts(parts);
  const everyMs = config.DEPLOYER_RECONCILE_MS;
  const watch = new NodeWatch(
    {
      async claim(leaseMs, most) {
        await access.ask();
        return checks.claim(leaseMs, most);
      },
      async look(node, leaseMs) {
        const { reachable, leaving, asked } = await reconcileNode(ports, node);
        const nextMs = reachable && !leaving ? everyMs : everyMs / OFTEN_FACTOR;
        await checks.finish(node, { nextMs, leaseMs, asked });
      },
      onError: (err, node) => runtime.logger.warn({ err, node }, 'a node could not be looked at'),
    },
    { everyMs },
  );
  const hastening = new Hastening({
    nodes: () => agents.all(),
    differences: ports.differences,
    async hasten(nodes) {
      await checks.hasten(nodes);
      watch.tick();
    },
  });
  const comparing = new Recurring(COMPARE_MS, () =>
    hastening.run().catch((err: unknown) => runtime.logger.warn({ err }, 'the nodes could not be compared')),
  );
  return {
    start() {
      watch.start();
      comparing.start();
    },
    async stop() {
      await Promise.all([comparing.stop(), watch.stop()]);
    },
  };
}

function reconcilePorts({
  config,
  storage,
  outside,
  intake,
  services,
  runtime,
  agents,
}: ReconcilerParts): ReconcilePorts {
  const { logger, metrics, clock } = runtime;
  const { instances } = createRolloutRecord({ ...storage, clock });
  const repairs = metrics.counter('deployer_repairs_total', 'What was repaired on nodes', ['event']);
  const asked = metrics.counter(
    'deployer_engine_looks_total',
    'How often engines were asked what runs on their node',
  );
  const inventory = new RegistryInventory(storage.pool);
  const limits = { attempts: config.DEPLOYER_REPAIR_LIMIT, orphanAgeMs: config.DEPLOYER_ORPHAN_AGE_MS };
  const nodeGraceMs = config.DEPLOYER_NODE_GRACE_MS;
  const record = new PostgresDifferences(storage.pool);
  return {
    engines: outside.engines,
    store: new PostgresRepairStore({
      ...{ ...storage, intake, instances, clock, replica: config.DEPLOYER_REPLICA },
      giveUpService: (tx, of, taskId) => services.giveUp(tx, of, taskId),
    }),
    ...{ inventory, agents, clock, limits, nodeGraceMs },
    differences: new WatchedDifferences({ ...{ agents, record, inventory, clock, nodeGraceMs }, ...limits }),
    installation: outside.installation,
    nodeLostMs: config.DEPLOYER_NODE_LOST_MS,
    ...{ answerMs: ANSWER_MS, goneAnswerMs: GONE_ANSWER_MS },
    onGone: (node, reason) => agents.giveUp(node, reason),
    onAsked: () => asked.inc(),
    onRepair({ event, data, ...about }, error) {
      const fields = { ...about, repair: event, ...data };
      if (error !== undefined) return logger.warn({ ...fields, err: error }, 'a repair failed');
      repairs.inc({ event });
      logger.warn(fields, 'repaired');
    },
    onUntold: (node, err) => logger.warn({ node, err }, 'crashes of instances were not reported'),
    onNode(node, answers, err) {
      if (answers) logger.info({ node }, 'the node answers again');
      else logger.warn({ node, err }, 'the node does not answer');
    },
  };
}

export const repairChores = (pool: Pool): readonly Chore[] => [
  { what: 'repairs of long ago', work: () => purgeRepairs(pool) },
];
