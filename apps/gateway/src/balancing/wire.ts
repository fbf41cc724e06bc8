import { Recurring, type Runtime } from '#libs/runtime';
import type { DataPlane } from '../data-plane/ports.js';
import type { OpenDataPlane } from '../data-plane/wire.js';
import type { GatewayConfig } from '../gateway.config.js';
import { partsOf } from '../traffic/domain/picture.js';
import { LoggedTimes } from './adapters/logged-times.js';
import { BalanceTraffic } from './balance-traffic.js';
import type { BalancedService, BalancingEvent } from './domain/balance.js';
import type { BalancingSettings } from './domain/standing.js';
import { shownWeight } from './domain/steering-of.js';
import { NO_OVERRIDES, NO_SCORES, type Overrides, type Scores } from './ports.js';
import type { TrafficFigures } from './show-traffic.js';

/** A stall lowers the weight within 2 s by this. */
const LOOK_MS = 500;
/** A look that took so long, as one at 10,000 instances does, is followed by a pause of one. */
const LONG_LOOK_MS = 100;

interface BalancingParts {
  readonly runtime: Pick<Runtime, 'logger' | 'metrics'>;
  readonly plane: OpenDataPlane;
  readonly config: BalancingConfig;
  readonly scores?: Scores;
  readonly overrides?: Overrides;
}

export type BalancingConfig = Pick<
  GatewayConfig,
  'GATEWAY_STALL_MS' | 'GATEWAY_EJECT_MS' | 'GATEWAY_EJECT_MOST_PERCENT' | 'GATEWAY_SLOW_START_MS'
>;

export interface Balancing extends TrafficFigures {
  /** Has what is wanted carried, and balanced. */
  readonly plane: DataPlane;
  start(): void;
  stop(): Promise<void>;
}

export function createBalancing(parts: BalancingParts): Balancing {
  const { runtime, plane, config, scores = NO_SCORES, overrides = NO_OVERRIDES } = parts;
  const { logger, metrics } = runtime;
  const times = new LoggedTimes();
  plane.onRequest(({ instance, responseMs }) => times.add(instance, responseMs));
  const { ejections, rescued } = defineCounters(metrics);
  const monotonicMs = (): number => performance.now();
  const settings = settingsOf(config);
  const balance = new BalanceTraffic({
    ...{ plane, scores, overrides, times, settings, monotonicMs },
    onEvent: (event) => {
      if (event.kind === 'ejected') ejections.inc({ fault: event.fault });
      logEvent(logger, event);
    },
    onRescued: (instance, requests) => {
      rescued.inc(requests);
      logger.info({ instance, requests }, 'requests that waited there were given to other instances');
    },
  });
  metrics.gauge(
    'gateway_instance_weight',
    'The weight of an instance among those of its service, 1 to 256; 0 while it is taken out.',
    ['app_id', 'service', 'instance'],
    () => [...balance.current.values()].flatMap(weightsOf),
  );
  let pauses = false;
  const looking = new Recurring(LOOK_MS, async () => {
    const begunMs = monotonicMs();
    if (!pauses)
      await balance.look().catch((err: unknown) => logger.warn({ err }, 'how instances do is not known'));
    pauses = monotonicMs() - begunMs > LONG_LOOK_MS;
  });
  return {
    plane: balance,
    current: () => balance.current,
    monotonicMs,
    start: () => looking.start(),
    stop: () => looking.stop(),
  };
}

function defineCounters(metrics: BalancingParts['runtime']['metrics']) {
  const ejections = metrics.counter(
    'gateway_ejections_total',
    'Instances that were taken out because they did worse than the others of their service.',
    ['fault'],
  );
  const rescued = metrics.counter(
    'gateway_rescued_requests_total',
    'Requests that waited at an instance which answered none, and were given to others.',
  );
  return { ejections, rescued };
}

export const settingsOf = (config: BalancingConfig): BalancingSettings => ({
  stallMs: config.GATEWAY_STALL_MS,
  ejectMs: config.GATEWAY_EJECT_MS,
  mostOut: config.GATEWAY_EJECT_MOST_PERCENT / 100,
  slowStartMs: config.GATEWAY_SLOW_START_MS,
});

function weightsOf({ id, instances }: BalancedService) {
  const { appId: app_id, service } = partsOf(id);
  return instances.map((one) => {
    return [{ app_id, service, instance: one.name }, shownWeight(one)] as const;
  });
}

function logEvent(logger: BalancingParts['runtime']['logger'], event: BalancingEvent): void {
  const level = event.kind === 'ejected' || event.kind === 'retries-off' ? 'warn' : 'info';
  logger[level](detailsOf(event), wordsOf(event));
}

const detailsOf = ({ kind: _, ...details }: BalancingEvent): object => details;

function wordsOf(event: BalancingEvent): string {
  switch (event.kind) {
    case 'ejected':
      return `an instance gets no requests for ${event.forMs / 1_000} s: ${event.why}`;
    case 'tried':
      return 'an instance that was taken out gets one request at a time, on trial';
    case 'returned':
      return 'an instance that was taken out answers again, and gets its share step by step';
    case 'retries-off':
      return 'most instances of a service fail: its requests are not sent to another one any more';
    case 'retries-on':
      return 'most instances of a service answer again: failed requests are sent to another one';
  }
}
