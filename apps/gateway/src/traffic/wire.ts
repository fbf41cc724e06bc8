import { randomUUID } from 'node:crypto';
import { RegistryUnavailableError, TrafficCarriers } from '#libs/registry-client';
import { type BareRuntime, type DatabaseRuntime, Recurring, UntilDone } from '#libs/runtime';
import { SaidOnce } from '#libs/telemetry';
import type { Overrides, Scores } from '../balancing/ports.js';
import { DataPlaneError } from '../data-plane/domain/data-plane-error.js';
import type { DataPlane } from '../data-plane/ports.js';
import type { Reporting } from '../figures/ports.js';
import type { GatewayConfig } from '../gateway.config.js';
import type { FeedAddress } from './adapters/feed-link.js';
import { FeedSource } from './adapters/feed-source.js';
import { LookedUpAddresses } from './adapters/looked-up-addresses.js';
import { RegistryReporting } from './adapters/registry-reporting.js';
import { RegistryScores } from './adapters/registry-scores.js';
import { RegistrySource } from './adapters/registry-source.js';
import { CarryTraffic } from './carry-traffic.js';
import type { CarrierLease, TrafficSource } from './ports.js';

const RENEW_MS = 1_000;
/** An instance whose last request has ended is stopped so much later at most. */
const LOOK_MS = 100;

type Said = Pick<BareRuntime, 'logger' | 'metrics'>;

/** Who says what is to be carried, and who hears what is. */
export interface Upstream {
  /** Of the check that says whether what runs is known. */
  readonly name: 'registry' | 'feed';
  readonly troubles: Troubles;
  readonly source: TrafficSource;
  readonly lease: CarrierLease;
  /** Where it is said how services and instances do here. */
  readonly reporting: Reporting;
  readonly scores: Scores;
  readonly overrides: Overrides;
  /** In milliseconds since 1970. */
  now(): number;
  /** Last, where the lease is not released. */
  close(): Promise<void>;
}

interface TrafficParts {
  readonly runtime: Said & Pick<BareRuntime, 'health'>;
  readonly upstream: Upstream;
  readonly plane: DataPlane;
  readonly config: Pick<GatewayConfig, 'GATEWAY_DOMAIN' | 'GATEWAY_CACHE'>;
}

export interface Traffic {
  start(): Promise<void>;
  stop(how: { readonly leave: boolean }): Promise<void>;
}

export function createTraffic({ runtime, upstream, plane, config }: TrafficParts): Traffic {
  const { logger, metrics, health } = runtime;
  const { source, lease } = upstream;
  const applied = metrics.histogram(
    'gateway_apply_seconds',
    'From a change that was read until HAProxy carries it.',
  );
  const carry = new CarryTraffic({
    ...{ source, plane, lease, domain: config.GATEWAY_DOMAIN, hasCache: config.GATEWAY_CACHE },
    addresses: new LookedUpAddresses((host, err) =>
      logger.warn({ host, err }, 'the address of a node is not found; its instances get no requests'),
    ),
    onApplied(ms) {
      applied.observe(ms / 1000);
      upstream.troubles.wentWell();
    },
    onLapsed: () => logger.warn('the lease of this gateway has lapsed; it takes a new one'),
    onLeftOut: (problems) => logger.warn({ problems }, 'routes that cannot be carried are left out'),
    monotonicMs: () => performance.now(),
  });
  const renewing = new Recurring(RENEW_MS, () =>
    carry.renew().catch((err: unknown) => logger.warn({ err }, 'the lease of this gateway is not renewed')),
  );
  const looking = new Recurring(LOOK_MS, () =>
    carry.lookAtBusy().catch((err: unknown) => logger.warn({ err }, 'requests in flight are not known')),
  );
  const beginning = new UntilDone(
    async () => {
      await carry.start();
      renewing.start();
      looking.start();
    },
    (err) => logger.warn({ err }, 'what runs cannot be followed yet; it is tried again'),
  );
  health.register(upstream.name, () => {
    if (!carry.isKnown) throw new Error(upstream.troubles.last ?? 'what runs is not known yet');
  });
  return {
    start: () => beginning.start(),
    async stop({ leave }) {
      await beginning.stop();
      await Promise.all([renewing.stop(), looking.stop()]);
      await carry.stop();
      // While HAProxy carries on by what it knows, drains wait until the lease lapses, or a next gateway has taken over.
      if (!leave) await lease.release().catch((err: unknown) => logger.warn({ err }, 'the lease is kept'));
      await upstream.close();
    },
  };
}

/** The registry's views in Postgres, where the lease is, too. */
export function registryUpstream(
  { pool, listener, logger, clock }: Pick<DatabaseRuntime, 'pool' | 'listener' | 'logger' | 'clock'>,
  replica: string,
): Upstream {
  const carrier = carrierOf(replica);
  const troubles = new Troubles(logger);
  const source = new RegistrySource({
    ...{ pool, listener },
    onError: (err) => troubles.say(err, 'what the registry says is not carried; it is tried again'),
  });
  const scores = new RegistryScores({
    ...{ pool, listener },
    onError: (err) => logger.warn({ err }, 'what load balancers say of instances is not known'),
  });
  return {
    ...{ name: 'registry', troubles },
    source: {
      async start(handlers) {
        await source.start(handlers);
        scores.start();
      },
      restart: () => source.restart(),
      async stop() {
        await Promise.all([scores.stop(), source.stop()]);
      },
    },
    lease: leaseOf(new TrafficCarriers(pool), carrier),
    reporting: new RegistryReporting(pool, carrier),
    scores: { current: () => scores.current(performance.now()) },
    overrides: { current: () => scores.overridden(performance.now()) },
    now: () => clock.now().getTime(),
    close: () => Promise.resolve(),
  };
}

/** The feed of a load balancer, which keeps the lease. */
export function feedUpstream({ logger, metrics }: Said, replica: string, address: FeedAddress): Upstream {
  const [gateway, process] = [replica, randomUUID()];
  const troubles = new Troubles(logger);
  const source = new FeedSource({
    ...{ address, gateway, process },
    onConnected: (url) => logger.info({ url }, 'the feed of a load balancer is followed'),
    onLost: (url, why) => {
      troubles.last = `the feed of ${url} is away: ${why}`;
      logger.warn({ url, why }, 'the feed is away; requests are carried by what is known');
    },
    onError: (err) => troubles.say(err, 'what the feed says is not carried; it is tried again'),
  });
  metrics.gauge('gateway_feed_connected', '1 while a load balancer is followed, else 0.', [], () => [
    [{}, source.isFollowing ? 1 : 0],
  ]);
  metrics.gauge('gateway_feed_silent_seconds', 'Since the load balancer was heard last.', [], () => {
    const { silentMs: ms } = source;
    return ms === undefined ? [] : [[{}, ms / 1000]];
  });
  return {
    ...{ name: 'feed', troubles },
    ...{ source, lease: source.lease, reporting: source.reporting },
    scores: { current: () => source.scores.current(performance.now()) },
    overrides: { current: () => source.overrides.current(performance.now()) },
    now: () => Date.now(),
    close: () => source.close(),
  };
}

/** Of what says what is to be carried. It is tried again every second: the same trouble is said once. */
class Troubles {
  last: string | undefined;
  private readonly said = new SaidOnce();

  constructor(private readonly logger: Said['logger']) {}

  wentWell(): void {
    this.last = undefined;
    this.said.wentWell();
  }

  say(err: unknown, what: string): void {
    this.last = err instanceof Error ? err.message : String(err);
    if (!this.said.isNew(this.last)) return;
    // As in a first start, in which the node manager comes up beside it.
    if (err instanceof RegistryUnavailableError) this.logger.info({ hint: err.hint }, err.message);
    else if (err instanceof DataPlaneError) this.logger.warn({ code: err.code }, `${what}: ${err.message}`);
    else this.logger.warn({ err }, what);
  }
}

/** One process: a replica that is started again under the same name is another carrier. */
const carrierOf = (replica: string): string => `${replica}/${randomUUID().slice(0, 8)}`;

const leaseOf = (carriers: TrafficCarriers, id: string): CarrierLease => ({
  register: () => carriers.register(id),
  renew: () => carriers.renew(id),
  applied: (revision, busy) => carriers.applied(id, revision, busy),
  release: () => carriers.release(id),
});
