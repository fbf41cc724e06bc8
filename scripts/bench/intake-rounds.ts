import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { deploymentRequested } from '#libs/contracts';
import type { Producer } from '#libs/kafka';
import { Fleet } from '../soak/fleet.js';
import type { OneMachine } from '../one-machine/start.js';

/** Requests of one publication. */
export const BATCH = 500;
/** Each has its own order of requests. */
const APPLICATIONS = 1_000;
const LOOK_MS = 50;
const PATIENCE_MS = 120_000;

/** What a round leaves undone is no work of the next one. */
const FORGET = `TRUNCATE deployer.requests, deployer.tasks, deployer.events, deployer.work, deployer.work_turns,
                deployer.outbox CASCADE`;

/** How one replica took in what waited for it. */
export interface IntakeRound {
  /** From its first request to its last, while it worked on those that it had. */
  readonly perSecond: number;
  /** Of them, answered by then. */
  readonly answered: number;
}

interface IntakeOptions {
  readonly requests: number;
  /** Tasks that the replica carries on at once. */
  readonly concurrency: number;
  readonly round: number;
  readonly signal: AbortSignal;
}

/** One deployer, and what it needs beside it. */
const startFleet = (
  { env, ledger }: OneMachine,
  more: Readonly<Record<string, string>> = {},
): Promise<Fleet> => Fleet.start({ env: { ...env, ...more }, nodes: [], ledger, replicas: 1, seed: 1 });

/** Topics and tables are made by the first start. */
export async function prepareIntake(machine: OneMachine): Promise<void> {
  const fleet = await startFleet(machine);
  await fleet.stop();
}

/** Requests that wait in Kafka for a deployer; then one is started. */
export async function measureIntake(
  machine: OneMachine,
  producer: Producer,
  { requests, concurrency, round, signal }: IntakeOptions,
): Promise<IntakeRound> {
  const url = machine.env['DATABASE_URL'] ?? process.env['DATABASE_URL'];
  const database = new pg.Pool({ connectionString: url });
  const prefix = `intake-${concurrency}-${round}-`;
  for (let from = 0; from < requests; from += BATCH)
    await producer.publish(Array.from({ length: BATCH }, (_, n) => messageOf(prefix, from + n)));
  const fleet = await startFleet(machine, { DEPLOYER_CONCURRENCY: String(concurrency) });
  try {
    await untilTakenIn(database, prefix, { requests, signal });
    return await figuresOf(database, prefix);
  } finally {
    await fleet.stop();
    await database.query(FORGET);
    await database.end();
  }
}

/** Stops of what does not run: they need no node, and the replica works on them as on any other. */
function messageOf(prefix: string, n: number) {
  const appId = `${prefix}app-${n % APPLICATIONS}`;
  const request = { token: `${prefix}${n}`, mode: 'stop', appId, appName: 'Intake', services: ['web'] };
  const data = deploymentRequested.schema.parse(request);
  const { topic, type, key } = deploymentRequested;
  return { topic, key: key(data), type, id: data.token, data };
}

async function untilTakenIn(
  database: pg.Pool,
  prefix: string,
  { requests, signal }: Pick<IntakeOptions, 'requests' | 'signal'>,
): Promise<void> {
  const begun = performance.now();
  for (;;) {
    const { rows } = await database.query<{ count: number }>(
      'SELECT count(*)::integer AS count FROM deployer.requests WHERE token LIKE $1',
      [`${prefix}%`],
    );
    const count = rows[0]?.count ?? 0;
    if (count === requests) return;
    if (performance.now() - begun > PATIENCE_MS)
      throw new Error(`Only ${count} of ${requests} were taken in.`);
    await delay(LOOK_MS, undefined, { signal });
  }
}

async function figuresOf(database: pg.Pool, prefix: string): Promise<IntakeRound> {
  const { rows } = await database.query<{ perSecond: number; answered: number }>(
    `SELECT (count(*) / extract(epoch FROM max(received_at) - min(received_at)))::float8 AS "perSecond",
            count(reply)::integer AS answered
     FROM deployer.requests WHERE token LIKE $1`,
    [`${prefix}%`],
  );
  const [row] = rows;
  if (row === undefined) throw new Error('nothing was taken in');
  return row;
}
