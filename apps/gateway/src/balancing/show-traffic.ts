import type { TrafficInstance, TrafficService } from '#libs/contracts';
import type { Balanced, BalancedService } from './domain/balance.js';
import { rampOf } from './domain/standing.js';
import { shownWeight } from './domain/steering-of.js';
import { latencyOf } from './domain/watched.js';

/** What is shown of how the instances do. */
export interface TrafficFigures {
  /** By the ids of services: `shop/web`. */
  current(): ReadonlyMap<string, BalancedService>;
  /** The clock of the figures. */
  monotonicMs(): number;
}

interface Times {
  readonly nowMs: number;
  /** The same moment, as people write it. */
  readonly now: Date;
}

/** How the instances of a service do. */
export function trafficOf(service: BalancedService, times: Times): TrafficService {
  const instances = service.instances.map((one) => instanceOf(service, one, times));
  const [appId = '', name = ''] = service.id.split('/');
  return {
    ...{ appId, service: name, profile: service.profile },
    requestsPerSecond: sumOf(instances, 'requestsPerSecond'),
    errorsPerSecond: sumOf(instances, 'errorsPerSecond'),
    inFlight: sumOf(instances, 'inFlight'),
    ...(service.canary && { canary: { ...service.canary } }),
    instances,
  };
}

type Summed = 'requestsPerSecond' | 'errorsPerSecond' | 'inFlight';
const sumOf = (instances: readonly TrafficInstance[], member: Summed): number =>
  rounded(instances.reduce((sum, one) => sum + one[member], 0));
const rounded = (value: number): number => Math.round(value * 10) / 10;

function instanceOf(service: BalancedService, one: Balanced, times: Times): TrafficInstance {
  const { watched } = one;
  const latencyMs = latencyOf(watched);
  return {
    name: one.name,
    ...(one.release !== undefined && { release: one.release }),
    weight: one.isWanted ? shownWeight(one) : 0,
    ...(one.override && { override: overrideOf(one.override, times) }),
    ...{ inFlight: watched.last?.inFlight ?? 0, queued: watched.last?.queued ?? 0 },
    requestsPerSecond: rounded(watched.requestsPerSecond),
    errorsPerSecond: rounded(watched.errorsPerSecond),
    ...(latencyMs !== undefined && { latencyMs: rounded(latencyMs) }),
    ...stateOf(service, one, times),
  };
}

function overrideOf(
  { weight, untilMs }: NonNullable<Balanced['override']>,
  { nowMs, now }: Times,
): NonNullable<TrafficInstance['override']> {
  if (untilMs === undefined) return { weight };
  return { weight, until: new Date(now.getTime() + untilMs - nowMs).toISOString() };
}

function stateOf(
  { slowStartMs }: BalancedService,
  { isWanted, standing, watched }: Balanced,
  { nowMs, now }: Times,
): Pick<TrafficInstance, 'state' | 'why' | 'until'> {
  if (!isWanted) return { state: 'draining' };
  switch (standing.kind) {
    case 'ejected': {
      const until = new Date(now.getTime() + standing.untilMs - nowMs).toISOString();
      return { state: 'ejected', why: standing.fault, until };
    }
    case 'trial':
      return { state: 'trial', why: standing.fault };
    case 'ready':
      if (watched.last?.isUp === false) return { state: 'down', why: 'unreachable' };
      return { state: rampOf(standing, nowMs, slowStartMs) < 1 ? 'slow-start' : 'ready' };
  }
}
