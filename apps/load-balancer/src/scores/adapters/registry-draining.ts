import type { Pool } from '#libs/postgres';
import { readInstances } from '#libs/registry-client';
import type { DrainingInstances } from '../ports.js';

interface RegistryDrainingParts {
  readonly pool: Pool;
  /** They could not be read, for the first time since they were. */
  onError(error: unknown): void;
}

/** The instances that are drained, as the registry said last. */
export class RegistryDraining implements DrainingInstances {
  private names: ReadonlySet<string> = new Set();
  private hasFailed = false;

  constructor(private readonly parts: RegistryDrainingParts) {}

  has(instance: string): boolean {
    return this.names.has(instance);
  }

  /** Asks anew; to be called once a second. What was known stays while there is no answer. */
  async refresh(): Promise<void> {
    const { pool, onError } = this.parts;
    try {
      const draining = await readInstances(pool, { state: 'draining' });
      this.names = new Set(draining.map(({ name }) => name));
      this.hasFailed = false;
    } catch (error) {
      if (!this.hasFailed) onError(error);
      this.hasFailed = true;
    }
  }
}
