import { type Outbox, type Pool, withAdvisoryLock } from '#libs/postgres';
import { Recurring, type Runtime } from '#libs/runtime';
import type { DeployerConfig } from '../deployer.config.js';
import { backoffMs } from '../repair/domain/backoff.js';
import type { RequestIntake } from '../requests/ports.js';
import type { Clock } from '../task/ports.js';
import { SCHEMA, type Storage } from '../task/storage.wire.js';
import { ServiceRecord, type AskForCount } from './adapters/service-record.js';
import { LearnedLimitsIntake } from './adapters/learned-limits.js';
import { PostgresScaling } from './adapters/scaling-record.js';
import { PostgresSpecs } from './adapters/specs.js';
import { ServiceRestorer, type RestorePorts } from './restore-services.js';

/** The specs, as tasks read and change them. */
export const createSpecs = (parts: { readonly pool: Pool; readonly clock: Clock }): PostgresSpecs =>
  new PostgresSpecs(parts);

interface ScalingParts {
  readonly pool: Pool;
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly intake: Pick<RequestIntake, 'acceptScale'>;
}

/** How services scale, as people read and set it. */
export const createScaling = ({ intake, ...parts }: ScalingParts): PostgresScaling =>
  new PostgresScaling({
    ...parts,
    ask: (tx, request, principal) =>
      intake.acceptScale(tx, { ...request, written: undefined }, { principal }),
  });

/** What rescalers learned. */
export const createLimitsIntake = (parts: {
  readonly outbox: Outbox;
  readonly clock: Clock;
}): LearnedLimitsIntake => new LearnedLimitsIntake(parts);

interface ServicesParts {
  readonly config: DeployerConfig;
  readonly storage: Storage;
  readonly ask: AskForCount;
  readonly runtime: Pick<Runtime, 'logger' | 'metrics' | 'clock' | 'sessions'>;
}

export interface Services {
  readonly record: ServiceRecord;
  /** Brings services to their specs, on one replica at a time. */
  readonly restorer: Recurring;
}

export function createServices({ config, storage, ask, runtime }: ServicesParts): Services {
  const { logger, metrics, clock } = runtime;
  const record = new ServiceRecord({ ...storage, clock, ask, replica: config.DEPLOYER_REPLICA });
  const restored = metrics.counter('deployer_services_restored_total', 'Services brought back to their spec');
  const givenUp = metrics.counter('deployer_services_given_up_total', 'Services that could not be restored');
  const ports: RestorePorts = {
    ...{ observed: record, repairs: record, clock },
    limits: { attempts: config.DEPLOYER_REPAIR_LIMIT, backoffMs },
    onRestore({ appId, service, wanted, running }, attempt, err) {
      const fields = { appId, service, wanted, running, attempt };
      if (err !== undefined) return logger.warn({ ...fields, err }, 'a service could not be restored');
      restored.inc();
      logger.warn(fields, 'a service does not run what is wanted: restoring it');
    },
    onGiveUp({ appId, service, wanted, running, tries }, attempts, err) {
      const fields = { appId, service, wanted, running, attempts, reason: tries?.error };
      if (err !== undefined) return logger.warn({ ...fields, err }, 'a service could not be given up');
      givenUp.inc();
      logger.error(
        fields,
        'a service could not be restored: leaving it alone until its spec or a node changes',
      );
    },
    onWait({ appId, service, wanted, running }, attempts, until) {
      logger.warn(
        { appId, service, wanted, running, attempts, until: new Date(until).toISOString() },
        'a service that was restored drifted again, and has no attempt left: waiting until they are forgotten',
      );
    },
  };
  const services = new ServiceRestorer(ports);
  const restorer = new Recurring(config.DEPLOYER_RECONCILE_MS, async (signal) => {
    try {
      const look = () => services.look(signal);
      await withAdvisoryLock(runtime.sessions, `slipway.services.${SCHEMA}`, look);
    } catch (err) {
      logger.warn({ err }, 'services could not be compared with their specs');
    }
  });
  return { record, restorer };
}
