import type { Pool } from '#libs/postgres';
import type { Runtime } from '#libs/runtime';
import { NodeAccess } from './adapters/node-access.js';
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
import { reconcileNode, type ReconcilePorts } from './reconcile-node.js';

/** How long an engine is waited for: longer than a slow list, shorter than the lease of a look. */
const ANSWER_MS = 10_000;
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
  readonly runtime: Pick<Runtime, 'logger' | 'metrics' | 'clock'>;
}

/** The replica's part in looking after the nodes. */
export function createReconciler(parts: ReconcilerParts): NodeWatch {
  const { config, storage, runtime } = parts;
  const checks = new NodeChecks(storage.pool);
  const access = new NodeAccess(storage);
  const ports = reconcilePorts(parts);
  const everyMs = config.DEPLOYER_RECONCILE_MS;
  return new NodeWatch(
    {
      async claim(leaseMs, most) {
        await access.ask();
        return checks.claim(leaseMs, most);
      },
      async look(node) {
        const { reachable, leaving } = await reconcileNode(ports, node);
        await checks.finish(node, reachable && !leaving ? everyMs : everyMs / OFTEN_FACTOR);
      },
      onError: (err, node) => runtime.logger.warn({ err, node }, 'a node could not be looked at'),
    },
    { everyMs },
  );
}

function reconcilePorts({
  config,
  storage,
  outside,
  intake,
  services,
  runtime,
}: ReconcilerParts): ReconcilePorts {
  const { logger, metrics, clock } = runtime;
  const { instances } = createRolloutRecord({ ...storage, clock });
  const repairs = metrics.counter('deployer_repairs_total', 'What was repaired on nodes', ['event']);
  return {
    engines: outside.engines,
    store: new PostgresRepairStore({
      ...{ ...storage, intake, instances, clock, replica: config.DEPLOYER_REPLICA },
      giveUpService: (tx, of, taskId) => services.giveUp(tx, of, taskId),
    }),
    inventory: new RegistryInventory(storage.pool),
    clock,
    installation: outside.installation,
    limits: { attempts: config.DEPLOYER_REPAIR_LIMIT, orphanAgeMs: config.DEPLOYER_ORPHAN_AGE_MS },
    nodeLostMs: config.DEPLOYER_NODE_LOST_MS,
    answerMs: ANSWER_MS,
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
