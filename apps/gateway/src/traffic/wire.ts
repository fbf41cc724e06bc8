import { randomUUID } from 'node:crypto';
import { RegistryUnavailableError, TrafficCarriers } from '#libs/registry-client';
import { Recurring, type Runtime } from '#libs/runtime';
import type { DataPlane } from '../data-plane/ports.js';
import type { GatewayConfig } from '../gateway.config.js';
import { LookedUpAddresses } from './adapters/looked-up-addresses.js';
import { RegistrySource } from './adapters/registry-source.js';
import { CarryTraffic } from './carry-traffic.js';
import type { CarrierLease } from './ports.js';

/** So long a drain waits at most for a gateway that was killed; its next start takes a second. */
const LEASE_MS = 5_000;
const RENEW_MS = 1_000;
/** An instance whose last request has ended is stopped so much later at most. */
const LOOK_MS = 100;

interface TrafficParts {
  readonly runtime: Pick<Runtime, 'pool' | 'listener' | 'logger' | 'metrics'>;
  readonly plane: DataPlane;
  readonly config: Pick<GatewayConfig, 'GATEWAY_REPLICA' | 'GATEWAY_DOMAIN' | 'GATEWAY_CACHE'>;
}

export interface Traffic {
  start(): Promise<void>;
  stop(how: { readonly leave: boolean }): Promise<void>;
}

export function createTraffic({ runtime, plane, config }: TrafficParts): Traffic {
  const { pool, listener, logger, metrics } = runtime;
  const applied = metrics.histogram(
    'gateway_apply_seconds',
    'From a change that was read until HAProxy carries it.',
  );
  const lease = leaseOf(new TrafficCarriers(pool, LEASE_MS), config.GATEWAY_REPLICA);
  const carry = new CarryTraffic({
    source: new RegistrySource({ pool, listener, onError: (err) => sayNotFollowed(logger, err) }),
    ...{ plane, lease, domain: config.GATEWAY_DOMAIN, hasCache: config.GATEWAY_CACHE },
    addresses: new LookedUpAddresses((host, err) =>
      logger.warn({ host, err }, 'the address of a node is not found; its instances get no requests'),
    ),
    onApplied: (ms) => applied.observe(ms / 1000),
    onLapsed: () => logger.warn('the lease of this gateway has lapsed; it takes a new one'),
    monotonicMs: () => performance.now(),
  });
  const renewing = new Recurring(RENEW_MS, () =>
    carry.renew().catch((err: unknown) => logger.warn({ err }, 'the lease of this gateway is not renewed')),
  );
  const looking = new Recurring(LOOK_MS, () =>
    carry.lookAtBusy().catch((err: unknown) => logger.warn({ err }, 'requests in flight are not known')),
  );
  return {
    async start() {
      await carry.start();
      renewing.start();
      looking.start();
    },
    async stop({ leave }) {
      await Promise.all([renewing.stop(), looking.stop()]);
      await carry.stop();
      // While HAProxy carries on by what it knows, drains wait until the lease lapses, or a next gateway has taken over.
      if (!leave) await lease.release().catch((err: unknown) => logger.warn({ err }, 'the lease is kept'));
    },
  };
}

function sayNotFollowed(logger: TrafficParts['runtime']['logger'], err: unknown): void {
  // As in a first start, in which the node manager comes up beside it.
  if (err instanceof RegistryUnavailableError) logger.info({ hint: err.hint }, err.message);
  else logger.warn({ err }, 'what the registry says is not carried; it is tried again');
}

/** One process: a replica that is started again under the same name is another carrier. */
function leaseOf(carriers: TrafficCarriers, replica: string): CarrierLease {
  const id = `${replica}/${randomUUID().slice(0, 8)}`;
  return {
    register: () => carriers.register(id),
    renew: () => carriers.renew(id),
    applied: (revision, busy) => carriers.applied(id, revision, busy),
    release: () => carriers.release(id),
  };
}
