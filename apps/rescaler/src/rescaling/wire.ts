import { randomUUID } from 'node:crypto';
import type { RescalerFeature, StructureSaid } from '#libs/contracts';
import { Recurring, type Runtime } from '#libs/runtime';
import { clampWishes } from '../budget/domain/clamp.js';
import type { CurrentAccounts } from '../budget/ports.js';
import { guardContainer } from '../guardian/domain/guard.js';
import { createHosts } from '../hosts/wire.js';
import type { FollowedSettings } from '../settings/current-settings.js';
import { RebalanceHosts } from '../rebalancer/rebalance-hosts.js';
import { planHost } from '../scaler/domain/plan.js';
import { AppliedLimits } from '../snapshoter/domain/applied-limits.js';
import type { HostStates, SaidStructures } from '../structures/ports.js';
import { followAnswers } from './adapters/limit-answers.js';
import { storedHost } from './host-states.js';
import type { AskedChange, OtherWishes, RescalingRecord, WantedStructures } from './ports.js';
import { RescaleHosts } from './rescale-hosts.js';

interface RescalingParts {
  readonly said: SaidStructures;
  readonly accounts: CurrentAccounts;
  readonly runtime: Pick<Runtime, 'pool' | 'kafka' | 'clock' | 'logger' | 'metrics'>;
  readonly replica: string;
  /** What this process runs. */
  readonly features: readonly RescalerFeature[];
  readonly structures: WantedStructures;
  readonly settings: FollowedSettings;
  readonly states: HostStates;
  /** Of a holder of leases. */
  readonly recordOf: (holder: string) => RescalingRecord;
}

const STATES_MS = 2_000;
const HOLDS_MS = 2_000;

/** The loop from what is observed to what agents are asked for. */
export function createRescaling(parts: RescalingParts) {
  const { runtime, replica, features, structures, settings, states } = parts;
  const { kafka, clock, logger, metrics } = runtime;
  const runs = (feature: RescalerFeature): boolean =>
    features.includes(feature) && settings.current.active[feature];
  const applied = new AppliedLimits();
  const holding = createHosts({
    ...{ runtime, replica },
    onSecond: (second) => hosts.observed(second),
    onLost: (host) => hosts.forget(host),
  });
  const failing = new Set<string>();
  const hosts: RescaleHosts = new RescaleHosts({
    ...{ structures, applied },
    record: parts.recordOf(holding.holder),
    others: otherWishes(parts, runs),
    rules: { guard: guardContainer, planHost },
    fenceOf: (host) => holding.hosts.fenceOf(host),
    settings: () => ({
      ...{ guard: settings.current.guard, boundaries: settings.current.boundaries },
      ...{ mayGuard: runs('guardian'), mayPlan: runs('scaler') },
    }),
    now: () => clock.now().getTime(),
    newRequest: () => randomUUID(),
    onAsked: changeCounter(metrics),
    onFailed(host, err) {
      // Said once a host, not every second.
      if (failing.has(host)) return;
      failing.add(host);
      logger.warn({ err, host }, 'no limit is decided on a host now');
    },
  });
  metrics.gauge('rescaler_containers', 'Containers whose limits this replica decides.', [], () => [
    [{}, hosts.known().reduce((sum, { wanted }) => sum + wanted.size, 0)],
  ]);
  const failed = (what: string) => (err: unknown) => logger.warn({ err }, what);
  const recurring = [
    new Recurring(STATES_MS, async () => {
      failing.clear();
      if (!runs('snapshoter')) return;
      const known = hosts.known().map((host) => ({ ...storedHost(host), fence: host.fence }));
      await states.write(known).catch(failed('the state of hosts is not stored now'));
    }),
    new Recurring(HOLDS_MS, () => hosts.writeHolds().catch(failed('it is not stored now why limits stay'))),
  ];
  let answers: { stop(): Promise<void> } | undefined;
  return {
    hosts,
    async start(): Promise<void> {
      answers = await followAnswers(kafka, (answer) => {
        hosts.answered(answer).catch(failed('what came of a request of limits is not stored'));
      });
      await holding.start();
      recurring.forEach((one) => one.start());
    },
    async stop(): Promise<void> {
      await Promise.all(recurring.map((one) => one.stop()));
      await hosts.writeHolds().catch(failed('it is not stored why limits stayed'));
      await holding.stop();
      await answers?.stop();
    },
  };
}

/** The rebalancer and budgets. */
function otherWishes(
  { said, accounts }: Pick<RescalingParts, 'said' | 'accounts'>,
  runs: (feature: RescalerFeature) => boolean,
): OtherWishes {
  const rebalancing = new RebalanceHosts({
    isRebalanced: (application) =>
      runs('rebalancer') &&
      said.of<StructureSaid['application']>('application', application)?.rebalanced === true,
  });
  return {
    wishes: (host, containers, now) => [
      ...rebalancing.wishes(host, containers, now),
      ...(runs('budget') ? clampWishes(containers, (id) => accounts.stageOf(id), now) : []),
    ],
    settle: (host, explained) => rebalancing.settle(host, explained),
    forget: (host) => rebalancing.forget(host),
  };
}

function changeCounter(metrics: Runtime['metrics']): (changes: readonly AskedChange[]) => void {
  const counter = metrics.counter(
    'rescaler_changes_total',
    'Limits that agents were asked to change, by resource and direction: up or down.',
    ['resource', 'direction'],
  );
  return (changes) => {
    for (const { because } of changes)
      for (const { resource, current, target } of because)
        counter.inc({ resource, direction: target > current ? 'up' : 'down' });
  };
}
