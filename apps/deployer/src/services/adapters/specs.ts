import type { OutboxMessage, Pool, Transaction } from '#libs/postgres';
import type { Clock, Step, StepWriter } from '../../task/ports.js';
import type { SpecOf, Specs } from '../ports.js';
import { specForTask, specMessage, storeSpec, type StoredSpec } from './spec-rows.js';

/** Of a request that names nobody. */
const UNKNOWN_PRINCIPAL = 'unknown';

/** Specs in Postgres, as tasks read and change them. */
export class PostgresSpecs implements Specs, StepWriter {
  constructor(private readonly parts: { readonly pool: Pool; readonly clock: Clock }) {}

  forTask(taskId: string, of: SpecOf) {
    return specForTask(this.parts.pool, taskId, of);
  }

  messages(step: Step): readonly OutboxMessage[] {
    const stored = this.changed(step);
    return stored === undefined ? [] : [specMessage(stored)];
  }

  async write(tx: Transaction, step: Step): Promise<void> {
    const stored = this.changed(step);
    if (stored !== undefined) await storeSpec(tx, stored);
  }

  private changed({ state, writes: { spec } }: Step): StoredSpec | undefined {
    if (spec === undefined) return undefined;
    const { appId, appName, service, token, principal = UNKNOWN_PRINCIPAL, verified = false, reason } = state;
    const changedAt = this.parts.clock.now().toISOString();
    return { appId, appName, service, spec, principal, verified, reason, token, changedAt };
  }
}
