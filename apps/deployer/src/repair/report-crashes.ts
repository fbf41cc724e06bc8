import type { SeenContainer } from '../rollout/domain/seen-container.js';
import type { Clock } from '../task/ports.js';
import { within } from '../task/within.js';
import { crashingNow, isSame, isWatched } from './domain/crash.js';
import type { NodeInstance, RepairEngines, RepairStore } from './ports.js';

interface CrashPorts {
  readonly engines: Pick<RepairEngines, 'container'>;
  readonly store: Pick<RepairStore, 'reportCrash'>;
  readonly clock: Clock;
  readonly answerMs: number;
}

/**
 * Reports instances that end and are started again by their engine, and those that hold again. A list of containers
 * does not say how often: only those that have just started are asked for it.
 */
export async function reportCrashes(
  ports: CrashPorts,
  node: string,
  instances: readonly NodeInstance[],
  containers: readonly SeenContainer[],
): Promise<void> {
  const seen = new Map(containers.map((container) => [container.id, container]));
  await Promise.all(
    instances.map(async (instance) => {
      const container = seen.get(instance.container);
      if (container !== undefined && isWatched(instance, container))
        await reportCrash(ports, node, instance, container);
    }),
  );
}

async function reportCrash(
  { engines, store, clock, answerMs }: CrashPorts,
  node: string,
  instance: NodeInstance,
  listed: SeenContainer,
): Promise<void> {
  const { crashing: known } = instance.report;
  const asked = listed.hasJustStarted === true;
  const container = asked ? await within(answerMs, engines.container(node, listed.id)) : listed;
  // Gone meanwhile: the next look says so.
  if (container === undefined) return;
  const crashing = crashingNow({ ...container, hasJustStarted: asked }, known, clock.now());
  if (!isSame(crashing, known)) await store.reportCrash(instance, crashing);
}
