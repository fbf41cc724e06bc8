import type { Clock } from '../task/ports.js';
import { reconcileService, type ServiceDrift, type ServiceLimits } from './domain/reconcile-service.js';
import type { ObservedServices, ServiceRepairs } from './ports.js';

export interface RestorePorts {
  readonly observed: ObservedServices;
  readonly repairs: ServiceRepairs;
  readonly clock: Clock;
  readonly limits: ServiceLimits;
  /** Once for each service that was asked to be restored, or could not be. */
  onRestore(drift: ServiceDrift, attempt: number, error?: unknown): void;
  /** Once for each service that is left alone from now on, or could not be given up. */
  onGiveUp(drift: ServiceDrift, attempts: number, error?: unknown): void;
}

/** One look at all services: what runs too little or too much is brought to what is wanted, by requests of our own. */
export async function restoreServices(ports: RestorePorts, signal: AbortSignal): Promise<void> {
  await ports.repairs.publishSpecs();
  const now = ports.clock.now().getTime();
  for (const drift of await ports.observed.drifted()) {
    if (signal.aborted) return;
    const action = reconcileService(drift, now, ports.limits);
    if (action.kind === 'restore') {
      const { attempt } = action;
      await tried(ports.repairs.restore(drift, attempt), (error) => ports.onRestore(drift, attempt, error));
    } else if (action.kind === 'give-up') {
      const { attempts } = action;
      await tried(ports.repairs.giveUpRestoring(drift, attempts), (error) =>
        ports.onGiveUp(drift, attempts, error),
      );
    }
  }
}

/** A failure does not stop the others. */
async function tried(work: Promise<boolean>, tell: (error?: unknown) => void): Promise<void> {
  try {
    if (await work) tell();
  } catch (error) {
    tell(error);
  }
}
