import type { Clock } from '../task/ports.js';
import { never } from '../task/domain/never.js';
import {
  reconcileService,
  type ServiceAction,
  type ServiceDrift,
  type ServiceLimits,
} from './domain/reconcile-service.js';
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
  /** Once for each service that waits until its tries are forgotten; milliseconds since 1970. */
  onWait(drift: ServiceDrift, attempts: number, until: number): void;
}

/** Brings what runs too little or too much to what is wanted, by requests of our own. */
export class ServiceRestorer {
  /** Until when services wait, by application and name: what was said of them. */
  private readonly waits = new Map<string, number>();

  constructor(private readonly ports: RestorePorts) {}

  /** One look at all services. */
  async look(signal: AbortSignal): Promise<void> {
    const { repairs, clock, observed, limits } = this.ports;
    await repairs.publishSpecs();
    const now = clock.now().getTime();
    for (const drift of await observed.drifted()) {
      if (signal.aborted) return;
      await this.do(drift, reconcileService(drift, now, limits));
    }
  }

  private async do(drift: ServiceDrift, action: ServiceAction): Promise<void> {
    const { ports } = this;
    switch (action.kind) {
      case 'restore':
        return tried(ports.repairs.restore(drift, action.attempt), (error) =>
          ports.onRestore(drift, action.attempt, error),
        );
      case 'give-up':
        return tried(ports.repairs.giveUpRestoring(drift, action.attempts), (error) =>
          ports.onGiveUp(drift, action.attempts, error),
        );
      case 'wait-for-attempts':
        return this.say(drift, action);
      case 'wait':
        return;
      default:
        never(action);
    }
  }

  private say(drift: ServiceDrift, { attempts, until }: Extract<ServiceAction, { until: number }>): void {
    const service = `${drift.appId}/${drift.service}`;
    if (this.waits.get(service) === until) return;
    this.waits.set(service, until);
    this.ports.onWait(drift, attempts, until);
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
