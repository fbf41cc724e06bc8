import { deploymentProgressed } from '#libs/contracts';
import { type EventStore, type Outbox, together, type Transaction, type WorkQueue } from '#libs/postgres';
import { outgoing } from '#libs/runtime';
import type { NewTasks } from '../../requests/ports.js';
import { published } from '../domain/published.js';
import type { TaskEventOf } from '../domain/task.events.js';
import { firstKey } from '../domain/task.turns.js';
import { foldTask } from '../domain/task.state.js';
import type { Clock } from '../ports.js';
import { hasSpec, insertTask } from './task-rows.js';

export interface NewTasksParts {
  readonly events: EventStore;
  readonly outbox: Outbox;
  readonly work: WorkQueue;
  readonly clock: Clock;
  readonly replica: string;
}

/** New tasks in Postgres: row, first event, unit of work and message, in the transaction of their request. */
export class PostgresNewTasks implements NewTasks {
  constructor(private readonly parts: NewTasksParts) {}

  async accept(tx: Transaction, accepted: TaskEventOf<'TaskAccepted'>, position: number): Promise<void> {
    const event = await this.placed(tx, accepted);
    const { token, service, dependsOn = [] } = event.data;
    const { events, work, outbox, clock, replica } = this.parts;
    const id = `${token}/${service}`;
    const at = clock.now().toISOString();
    const step = published(foldTask([event]), event, { version: 1, at, replica });
    await together(
      insertTask(tx, { id, token, position, service, dependsOn }),
      events.append(tx, id, 0, [event], { replica }),
      work.enqueue(tx, { id, key: firstKey(event.data) }),
      outbox.add(tx, [outgoing(deploymentProgressed, step)]),
    );
  }

  /**
   * A stop or a scaling waits for no build, because what it changes is in the spec when a build ends later. Before there
   * is a spec, it goes after the builds.
   */
  private async placed(
    tx: Transaction,
    event: TaskEventOf<'TaskAccepted'>,
  ): Promise<TaskEventOf<'TaskAccepted'>> {
    const { appId, service, mode, dryRun } = event.data;
    if ((mode !== 'stop' && mode !== 'scale') || dryRun === true) return event;
    if (await hasSpec(tx, appId, service)) return event;
    return { ...event, data: { ...event.data, afterBuilds: true } };
  }
}
