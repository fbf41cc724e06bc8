import { randomUUID } from 'node:crypto';
import { groupOf, topics } from '#libs/contracts';
import { type ObservedNode, ObservedShare } from '#libs/observations';
import { followObserved, Recurring, type Runtime } from '#libs/runtime';
import { LEASE_MS, PostgresHostLeases } from './adapters/postgres-leases.js';
import { HoldHosts } from './hold-hosts.js';

const RENEW_MS = 500;
/** So far back a replica begins. In ten seconds each node sends a whole, and windows of rules are of tens of seconds. */
const BACK_MS = 60_000;
const GROUP = groupOf('rescaler', topics.nodeObserved);

interface HostsParts {
  readonly runtime: Pick<Runtime, 'pool' | 'kafka' | 'clock' | 'logger' | 'metrics'>;
  readonly replica: string;
  onSecond(second: ObservedNode): void;
  onLost(host: string): void;
}

/** The hosts of this replica: who decides, and what is observed. */
export function createHosts({ runtime, replica, onSecond, onLost }: HostsParts) {
  const { pool, logger, metrics } = runtime;
  const holder = `${replica}-${randomUUID()}`;
  const hosts = new HoldHosts({
    leases: new PostgresHostLeases(pool, holder),
    leaseMs: LEASE_MS,
    monotonicMs: () => performance.now(),
    onAway: (err) => logger.warn({ err }, 'no limit is changed while leases of hosts cannot be renewed'),
  });
  const share = new ObservedShare({
    onSecond(second) {
      hosts.seen(second.node);
      onSecond(second);
    },
    onLost(host) {
      hosts.forget(host);
      onLost(host);
    },
  });
  metrics.gauge('rescaler_hosts', 'Hosts whose limits this replica decides.', [], () => [
    [{}, hosts.hosts().length],
  ]);
  const renewing = new Recurring(RENEW_MS, () => hosts.renew());
  let following: { stop(): Promise<void> } | undefined;
  return {
    holder,
    hosts,
    async start(): Promise<void> {
      following = await followObserved(runtime, { groupId: GROUP, backMs: BACK_MS, share });
      renewing.start({ atOnce: true });
    },
    async stop(): Promise<void> {
      await following?.stop();
      await renewing.stop();
      await hosts.end().catch((err: unknown) => logger.warn({ err }, 'leases of hosts end by themselves'));
    },
  };
}
