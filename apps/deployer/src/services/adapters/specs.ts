import { type OutboxMessage, type Pool, together, type Transaction } from '#libs/postgres';
import { sidesOf } from '../../task/domain/step-writes.js';
import type { Clock, Step, StepWriter } from '../../task/ports.js';
import type { SpecOf, Specs } from '../ports.js';
import { specForTask, specMessage, storeRepeat, storeSpec, type StoredSpec } from './spec-rows.js';

const OWN_PRINCIPAL = 'slipway';
/** Of a request that names nobody. */
const UNKNOWN_PRINCIPAL = 'unknown';

/** Specs in Postgres, as tasks read and change them. */
export class PostgresSpecs implements Specs, StepWriter {
  constructor(private readonly parts: { readonly pool: Pool; readonly clock: Clock }) {}

  forTask(taskId: string, of: SpecOf) {
    return specForTask(this.parts.pool, taskId, of);
  }

  messages(step: Step): readonly OutboxMessage[] {
    return this.changed(step).map(specMessage);
  }

  async write(tx: Transaction, step: Step): Promise<void> {
    const { appId, service } = step.state;
    await together(
      ...this.changed(step).map((stored) => storeSpec(tx, stored)),
      ...sidesOf(step.writes, 'change-spec')
        .filter(({ isRepeat }) => isRepeat === true)
        .map(({ spec }) => storeRepeat(tx, { appId, service }, spec.changes)),
    );
  }

  /** What wants something else than before. What a failed task wanted is taken back by nobody but us. */

  private changed({ state, writes }: Step): readonly StoredSpec[] {
    const { appId, appName, service, token, principal = UNKNOWN_PRINCIPAL, verified = false, reason } = state;
    const changedAt = this.parts.clock.now().toISOString();
    return sidesOf(writes, 'change-spec')
      .filter(({ isRepeat }) => isRepeat !== true)
      .map(({ spec, takenBackFor }) => ({
        ...{ appId, appName, service, spec, token, changedAt },
        ...(takenBackFor === undefined
          ? { principal, verified, reason }
          : { principal: OWN_PRINCIPAL, verified: true, reason: takenBackFor }),
      }));
  }
}
