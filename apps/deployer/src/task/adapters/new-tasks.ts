import { deploymentProgressed } from '#libs/contracts';
import { type EventStore, type Outbox, together, type Transaction, type WorkQueue } from '#libs/postgres';
import { outgoing } from '#libs/runtime';
import type { NewTasks } from '../../requests/ports.js';
import { published } from '../domain/published.js';
import type { TaskEventOf } from '../domain/task.events.js';
import { firstKey } from '../domain/task.turns.js';
import { foldTask } from '../domain/task.state.js';
import type { Clock } from '../ports.js';
import { insertTask } from './task-rows.js';

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

  async accept(tx: Transaction, event: TaskEventOf<'TaskAccepted'>, position: number): Promise<void> {
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
}
