import { type OutboxMessage, type Pool, together, type Transaction } from '#libs/postgres';
import { sidesOf } from '../../task/domain/step-writes.js';
import type { Clock, Step, StepWriter } from '../../task/ports.js';
import type { SpecOf, Specs } from '../ports.js';
import {
  isOvertaken,
  specForTask,
  specMessage,
  storeRepeat,
  storeSpec,
  type StoredSpec,
} from './spec-rows.js';

/** Specs in Postgres, as tasks read and change them. */
export class PostgresSpecs implements Specs, StepWriter {
  constructor(private readonly parts: { readonly pool: Pool; readonly clock: Clock }) {}

  forTask(taskId: string, of: SpecOf) {
    return specForTask(this.parts.pool, taskId, of);
  }

  isOvertaken(of: SpecOf): Promise<boolean> {
    return isOvertaken(this.parts.pool, of);
  }

  messages(step: Step): readonly OutboxMessage[] {
    return this.changed(step).map(specMessage);
  }

  async write(tx: Transaction, step: Step): Promise<void> {
    await together(
      ...this.changed(step).map((stored) => storeSpec(tx, stored)),
      ...sidesOf(step.writes, 'repeat-spec').map(({ changes }) => storeRepeat(tx, step.state, changes)),
    );
  }

  private changed({ state, writes }: Step): readonly StoredSpec[] {
    const { appId, appName, service, token } = state;
    const changedAt = this.parts.clock.now().toISOString();
    return sidesOf(writes, 'change-spec').map(({ spec, author }) => {
      return { appId, appName, service, spec, token, changedAt, ...author };
    });
  }
}
