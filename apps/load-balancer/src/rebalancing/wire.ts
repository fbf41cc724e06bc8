import { appTables } from '#libs/app-roles';
import type { Runtime } from '#libs/runtime';
import type { Policy } from '../placement/domain/model.js';
import { endMove, PostgresRebalancingRecord } from './adapters/moves-record.js';
import { type BalancedPlacement, Rebalancer } from './adapters/rebalancer.js';
import type { Moves, RebalancingOptions, RebalancingRecord } from './ports.js';

export { oldMoves } from './adapters/moves-record.js';

export interface RebalancingParts {
  readonly runtime: Runtime;
  readonly placement: BalancedPlacement;
  readonly policy: Policy;
  readonly options: RebalancingOptions;
}

export interface Rebalancing {
  readonly rebalancing: RebalancingRecord;
  readonly moves: Moves;
  start(): void;
  stop(): Promise<void>;
}

/** Rebalancing on Postgres and Kafka, with its metrics. */
export function createRebalancing({ runtime, placement, policy, options }: RebalancingParts): Rebalancing {
  const { metrics, pool } = runtime;
  const ended = metrics.counter(
    'load_balancer_rebalancing_moves_total',
    'Moves that balanced the load of nodes and ended, by outcome: moved or failed.',
    ['outcome'],
  );
  const rebalancer = new Rebalancer({
    ...runtime,
    ...{ placement, policy, options, schema: appTables['load-balancer'].schema },
    onUnanswered: (moves) => ended.inc({ outcome: 'failed' }, moves),
  });
  metrics.gauge(
    'load_balancer_rebalancing_advised_moves',
    'Moves that would balance the load of nodes now; of the replica that looks at it.',
    [],
    () => (rebalancer.advice === undefined ? [] : [[{}, rebalancer.advice.moves.length]]),
  );
  metrics.gauge(
    'load_balancer_fullest_node_cpu_share',
    'The share of its CPU that is in use on the fullest node; of the replica that looks at it.',
    [],
    () => (rebalancer.advice?.fullest === undefined ? [] : [[{}, rebalancer.advice.fullest.share]]),
  );
  return {
    rebalancing: new PostgresRebalancingRecord(pool, options),
    moves: {
      async end(tx, reply) {
        if (await endMove(tx, reply)) ended.inc({ outcome: reply.status ? 'moved' : 'failed' });
      },
    },
    start: () => rebalancer.start(),
    stop: () => rebalancer.stop(),
  };
}
