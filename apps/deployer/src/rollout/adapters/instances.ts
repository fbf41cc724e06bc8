import { instanceReported, type InstanceReport } from '#libs/contracts';
import { type Outbox, type OutboxMessage, type Pool, together, type Transaction } from '#libs/postgres';
import { outgoing } from '#libs/runtime';
import type { PlacedVolume } from '../../task/domain/task.events.js';
import { sidesOf } from '../../task/domain/step-writes.js';
import type { Clock, Step, StepWriter } from '../../task/ports.js';
import type { Instances, InstanceRecord, KnownInstance } from '../ports.js';
import { reportAgain } from '../instance.js';
import { insertVolumes, volumesOf } from './volume-rows.js';
import * as rows from './instance-rows.js';

interface InstancesParts {
  readonly pool: Pool;
  readonly outbox: Outbox;
  readonly clock: Clock;
}

/** Instances in Postgres, and what steps of tasks write and report of them. */
export class PostgresInstances implements Instances, InstanceRecord, StepWriter {
  constructor(private readonly parts: InstancesParts) {}

  of(appId: string, service: string): Promise<readonly KnownInstance[]> {
    return rows.instancesOf(this.parts.pool, appId, service);
  }

  volumes(appId: string, service: string): Promise<readonly PlacedVolume[]> {
    return volumesOf(this.parts.pool, appId, service);
  }

  remove(tx: Transaction, names: readonly string[]): Promise<void> {
    return rows.deleteInstances(tx, names);
  }

  async abandon(tx: Transaction, names: readonly string[]): Promise<void> {
    await rows.setInstanceState(tx, names, 'abandoned');
  }

  messages({ writes }: Step): readonly OutboxMessage[] {
    return sidesOf(writes, 'report').map(({ report }) => outgoing(instanceReported, report));
  }

  async write(tx: Transaction, { claim, writes }: Step): Promise<void> {
    const changed = sidesOf(writes, 'set-instance-state');
    const set = (state: rows.InstanceRowState): ReturnType<typeof rows.setInstanceState> => {
      const names = changed.filter((change) => change.state === state).map(({ name }) => name);
      return rows.setInstanceState(tx, names, state);
    };
    const removed = sidesOf(writes, 'remove-instance').map(({ name }) => name);
    const [, , , drained] = await together(
      together(
        ...sidesOf(writes, 'add-instance').map((added) => rows.insertInstance(tx, claim.taskId, added)),
      ),
      together(
        ...sidesOf(writes, 'leave-behind').map(({ report }) =>
          rows.insertLeftBehind(tx, claim.taskId, report),
        ),
      ),
      together(...sidesOf(writes, 'place-volumes').map((placed) => insertVolumes(tx, placed))),
      set('draining'),
      set('running'),
      set('abandoned'),
      rows.deleteInstances(tx, removed),
    );
    const reasons = new Map(changed.map(({ name, reason }) => [name, reason]));
    await this.reportDraining(tx, drained, reasons);
  }

  /** They are to get no more traffic from now on. */
  private async reportDraining(
    tx: Transaction,
    drained: readonly InstanceReport[],
    reasons: ReadonlyMap<string, string | undefined>,
  ): Promise<void> {
    const { outbox, clock } = this.parts;
    const now = clock.now();
    const messages = drained.map((report) => {
      const reported = { state: 'draining' as const, reason: reasons.get(report.instance) };
      return { ...outgoing(instanceReported, reportAgain({ report }, reported, now)), mayWait: false };
    });
    await outbox.add(tx, messages);
  }
}
