import { ScalingServices } from './domain/scaling.js';
import type { ServiceCounts } from './ports.js';

interface ScalingParts {
  readonly counts: ServiceCounts;
  /** They could not be read, for the first time since they were. */
  onError(error: unknown): void;
}

/** Which services scale, as the registry said last. None until it said so once. */
export class FollowedScaling {
  private services = new ScalingServices([]);
  private hasFailed = false;

  constructor(private readonly parts: ScalingParts) {}

  get current(): ScalingServices {
    return this.services;
  }

  /** Asks anew; to be called every few seconds. What was known stays while there is no answer. */
  async refresh(): Promise<void> {
    const { counts, onError } = this.parts;
    try {
      this.services = new ScalingServices(await counts.all());
      this.hasFailed = false;
    } catch (error) {
      if (!this.hasFailed) onError(error);
      this.hasFailed = true;
    }
  }
}
