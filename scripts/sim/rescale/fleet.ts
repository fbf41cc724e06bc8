import { guardContainer, initialGuardState } from '../../../apps/rescaler/src/guardian/domain/guard.js';
import type { GuardState, Sample } from '../../../apps/rescaler/src/guardian/domain/guardian.js';
import { defaultSettings } from '../../../apps/rescaler/src/guardian/domain/settings.js';
import { coreOrder, flatTopology } from '../../../apps/rescaler/src/pinning/domain/core-orders.js';
import { emptyCoreMap } from '../../../apps/rescaler/src/pinning/domain/core-map.js';
import { planHost } from '../../../apps/rescaler/src/scaler/domain/plan.js';
import type {
  ContainerStructure,
  HostStructure,
  Policy,
} from '../../../apps/rescaler/src/structures/domain/structure.js';
import { seeded } from '../placement/random.js';
import type { FleetFigures } from './goals.js';

const CORES = 32;
const MIB = 1_048_576;
const PER_HOST = 30;
/** So many seconds of figures are kept of each container. */
const KEPT = 30;
/** Looks before the one that is measured: the rules have events by then, and limits have settled. */
const WARM_UP = 30;

interface Host {
  structure: HostStructure;
  containers: readonly ContainerStructure[];
  readonly samples: Sample[][];
  readonly states: GuardState[];
  /** Shares that each container would use. */
  readonly demands: number[];
}

function hostOf(name: string, random: () => number): Host {
  const containers = Array.from({ length: PER_HOST }, (_, index): ContainerStructure => {
    const bounds = { guard: true, boundary: 10, boundaryOf: 'max' as const };
    const policy: Policy = index % 2 === 0 ? 'slo' : 'serverless';
    return {
      ...{
        id: `${name}-${index}`,
        host: name,
        application: `${index}`,
        isRunning: true,
        guarded: true,
        policy,
      },
      resources: {
        cpu: { ...bounds, min: 10, max: 200, current: 100 },
        memory: { ...bounds, min: 64 * MIB, max: 2_048 * MIB, current: 512 * MIB },
      },
    };
  });
  const order = coreOrder('Group_PP_LL', flatTopology(Array.from({ length: CORES }, (_, core) => core)));
  const resources = { cpu: { max: CORES * 100, free: 0 }, memory: { max: 65_536 * MIB, free: 0 } };
  return {
    structure: { name, resources, cores: emptyCoreMap(order) },
    ...{ containers, samples: containers.map(() => []), states: containers.map(() => initialGuardState) },
    demands: containers.map(() => 20 + random() * 150),
  };
}

/** A second of a host: its figures, then the look of guardian and scaler. How many containers change. */
function look(host: Host, now: number): number {
  const wishes = host.containers.flatMap((container, index) => {
    const samples = host.samples[index] ?? [];
    const state = host.states[index] ?? initialGuardState;
    const result = guardContainer({ container, samples, state, settings: defaultSettings, now });
    host.states[index] = result.state;
    return result.wishes;
  });
  const planned = planHost({ host: host.structure, containers: host.containers, wishes });
  host.structure = planned.host;
  host.containers = planned.containers;
  return planned.plan.changes.length;
}

function measure(host: Host, now: number, random: () => number): void {
  for (const [index, container] of host.containers.entries()) {
    const demand = Math.max(0, (host.demands[index] ?? 0) + (random() - 0.5) * 20);
    host.demands[index] = random() < 0.02 ? 20 + random() * 150 : (host.demands[index] ?? 0);
    const limit = container.resources.cpu?.current ?? 0;
    const memory = (100 + demand) * MIB;
    const sample = {
      at: now,
      usage: { cpu: Math.min(demand, limit), memory },
      throttled: demand > limit ? 1 : 0,
    };
    host.samples[index] = [...(host.samples[index] ?? []).slice(1 - KEPT), sample];
    host.containers = host.containers.map((each, place) =>
      place === index && each.resources.memory
        ? { ...each, resources: { ...each.resources, memory: { ...each.resources.memory, usage: memory } } }
        : each,
    );
  }
}

/** One look at a fleet, of which half is under each policy, measured in CPU time of this process. */
export function lookAtFleet(hosts: number, seed: number, signal: AbortSignal): FleetFigures {
  const random = seeded(seed);
  const fleet = Array.from({ length: hosts }, (_, index) => hostOf(`host-${index}`, random));
  let changes = 0;
  let micros = 0;
  for (let second = 1; second <= WARM_UP; second += 1) {
    signal.throwIfAborted();
    for (const host of fleet) measure(host, second * 1_000, random);
    const before = process.cpuUsage();
    changes = fleet.reduce((sum, host) => sum + look(host, second * 1_000), 0);
    const { user, system } = process.cpuUsage(before);
    // The rules look at all containers in every tenth second only: the dearest look counts.
    micros = second > KEPT / 3 ? Math.max(micros, user + system) : 0;
  }
  return { hosts, containers: hosts * PER_HOST, seconds: micros / 1_000_000, changes };
}
