import { appTables } from '#libs/app-roles';
import { deploymentRequested } from '#libs/contracts';
import { createPool, EventStore, messagingTables, migrate, Outbox, WorkQueue } from '#libs/postgres';
import { transactionalInbox } from '#libs/runtime';
import { PostgresIntake } from '../../../apps/deployer/src/requests/adapters/request-intake.js';
import { PostgresNewTasks } from '../../../apps/deployer/src/task/adapters/new-tasks.js';

/** As the consumer of deployment.requests does it: its chunks, and as many side by side as the topic has partitions. */
const CHUNK = 50;
const PARTITIONS = 6;

let sent = 0;

/** Requests of one service each, taken in by the deployer's own intake; a figure a round. */
export async function intakePerSecond(url: string, rounds: number, roundMs: number): Promise<number[]> {
  const schema = 'bench_intake';
  const pool = createPool({ url, schema, applicationName: 'bench-queue' });
  await migrate(pool, { schema, sets: [messagingTables, ...appTables.deployer.migrations] });
  const parts = { outbox: new Outbox(), work: new WorkQueue(), clock: { now: () => new Date() } };
  const intake = new PostgresIntake({
    ...parts,
    tasks: new PostgresNewTasks({ ...parts, events: new EventStore(), replica: 'bench' }),
    replyTopics: [],
    defaultDeadlineMs: 60_000,
  });
  const inbox = transactionalInbox(pool);
  const figures: number[] = [];
  try {
    for (let round = 0; round < rounds; round += 1) {
      const started = performance.now();
      let requests = 0;
      const partition = async (): Promise<void> => {
        while (performance.now() - started < roundMs) {
          const messages = Array.from({ length: CHUNK }, nextMessage);
          await inbox.run('deployer', messages, async (index, tx) => {
            await intake.accept(tx as never, requestOf(messages[index]?.id ?? ''));
          });
          requests += messages.length;
        }
      };
      await Promise.all(Array.from({ length: PARTITIONS }, partition));
      figures.push((requests * 1000) / (performance.now() - started));
    }
  } finally {
    await pool.end();
  }
  return figures;
}

type InboxMessages = Parameters<ReturnType<typeof transactionalInbox>['run']>[1];

const nextMessage = (): InboxMessages[number] => ({ id: `m${(sent += 1)}` }) as InboxMessages[number];

const requestOf = (id: string) =>
  deploymentRequested.schema.parse({
    token: id,
    mode: 'run',
    appId: `app-${id}`,
    appName: 'App',
    services: ['web'],
  });
