import type { NodeObservation } from '#libs/contracts';

export interface Publication {
  /** Resolves once the brokers have them; throws where some may be lost. */
  publish(observations: readonly NodeObservation[]): Promise<void>;
  /** As many seconds of nodes were not sent. */
  onDropped(count: number): void;
}
