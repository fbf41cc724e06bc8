import { randomUUID } from 'node:crypto';
import { RegistryUnavailableError } from '#libs/registry-client';
import { Recurring, type Runtime } from '#libs/runtime';
import { PostgresLeases } from './adapters/postgres-leases.js';
import { LEASE_MS, LeaseKeeper, RENEW_MS } from './hold-leases.js';
import type { Watching } from './ports.js';

/** One process: a replica that is started again under the same name is another holder, with fences of its own. */
export const holderOf = (replica: string): string => `${replica}/${randomUUID().slice(0, 8)}`;

export interface HoldingParts {
  readonly runtime: Pick<Runtime, 'pool' | 'logger'>;
  readonly holder: string;
  readonly watching: Watching;
}

export interface Holding {
  readonly keeper: LeaseKeeper;
  start(): void;
  /** Lets others have the nodes at once. */
  stop(): Promise<void>;
}

export function createHolding({ runtime: { pool, logger }, holder, watching }: HoldingParts): Holding {
  const keeper = new LeaseKeeper({
    leases: new PostgresLeases(pool, holder, LEASE_MS),
    ...{ watching, holder },
    monotonicMs: () => performance.now(),
    onAway(err) {
      // As in a first start, in which the node manager comes up beside it.
      if (err instanceof RegistryUnavailableError) logger.info({ hint: err.hint }, err.message);
      else logger.warn({ err }, 'the leases of nodes cannot be renewed');
    },
    onBack: () => logger.info('the leases of nodes are renewed again'),
    onNotForgotten: (err) => logger.warn({ err }, 'the leases of removed nodes are not deleted yet'),
  });
  const renewing = new Recurring(RENEW_MS, () => keeper.renew());
  return {
    keeper,
    start: () => renewing.start({ atOnce: true }),
    async stop() {
      await renewing.stop();
      // Where the database does not answer, others take the nodes when the leases have lapsed.
      await keeper
        .end()
        .catch((err: unknown) => logger.warn({ err }, 'the leases of nodes are not given back'));
    },
  };
}
