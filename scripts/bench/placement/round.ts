import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { checkReservations, type Violations } from '../../placement/checks.js';
import type { PlacementInstallation } from '../../placement/installation.js';
import { Replicas } from '../../placement/replicas.js';
import { PlacementTraffic } from '../../placement/traffic.js';
import { percentile } from '../../soak/report.js';
import { type CpuSpent, cpuSince, cpuTimes } from '../cpu.js';
import { RequestSource } from './fleet.js';

/** Answers by the clock: from the publication of a request until its answer was read. */
export interface Answers {
  readonly placedPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly refused: number;
}

export interface RoundFigures {
  readonly replicas: number;
  readonly requests: number;
  /** As fast as they are answered. */
  readonly full: Answers;
  /** At an even rate, that of the goal. */
  readonly even: Answers;
  /** Seconds of all cores while `full` was measured, by who spent them. */
  readonly cpu: CpuSpent;
  readonly violations: Violations;
}

export interface RoundOptions {
  readonly replicas: number;
  readonly requests: number;
  /** Requests without an answer at most. */
  readonly inFlight: number;
  /** A second. */
  readonly rate: number;
  readonly signal: AbortSignal;
}

/** Requests of one publication. */
const BATCH = 25;
const EVEN_MS = 10_000;
const TICK_MS = 20;
const PATIENCE_MS = 60_000;
/** Sizes of instances are divided by this, so that rooms last. */
const DIVISOR = 10;
/** Not measured: logins are sealed and code is compiled meanwhile. */
const MOST_WARM_UPS = 1_500;

const EMPTY = `TRUNCATE load_balancer.reservations, load_balancer.node_changes, load_balancer.ports_in_turn,
  load_balancer.inbox, load_balancer.outbox`;

/** So many replicas, started anew on an empty fleet. */
export async function measureRound(
  { env, ledger, database }: PlacementInstallation,
  options: RoundOptions,
): Promise<RoundFigures> {
  await using stops = new AsyncDisposableStack();
  const replicas = new Replicas({ env, ledger });
  stops.defer(() => replicas.stop());
  await replicas.start(options.replicas);
  await database.query(EMPTY);
  const traffic = new PlacementTraffic(env);
  stops.defer(() => traffic.close());
  await traffic.open();
  const source = new RequestSource(`bench-${options.replicas}-`, DIVISOR);
  await askAll(traffic, source, Math.min(MOST_WARM_UPS, options.requests), options);
  const before = cpuTimes();
  const full = await measured(traffic, () => askAll(traffic, source, options.requests, options));
  const cpu = cpuSince(before);
  const even = await measured(traffic, () => askEvenly(traffic, source, options));
  const violations = {
    ...(await checkReservations(database)),
    'every answer is the reservation of its token': await wrongAnswers(traffic, database),
    'no replica ends by itself': replicas.crashes,
  };
  return { replicas: options.replicas, requests: options.requests, full, even, cpu, violations };
}

async function measured(traffic: PlacementTraffic, work: () => Promise<void>): Promise<Answers> {
  const known = new Set(traffic.answers.keys());
  const begun = performance.now();
  await work();
  const answered = [...traffic.answers].filter(([token]) => !known.has(token)).map(([, one]) => one);
  const placed = answered.filter(({ answer }) => answer.node !== undefined);
  const seconds = (Math.max(...answered.map(({ at }) => at)) - begun) / 1_000;
  const times = placed.map(({ ms }) => ms);
  return {
    placedPerSecond: Math.round(placed.length / seconds),
    p50Ms: Math.round(percentile(times, 0.5)),
    p99Ms: Math.round(percentile(times, 0.99)),
    refused: answered.length - placed.length,
  };
}

/** As fast as they are answered, with never more than `inFlight` open. */
async function askAll(
  traffic: PlacementTraffic,
  source: RequestSource,
  count: number,
  { inFlight, signal }: RoundOptions,
): Promise<void> {
  for (let asked = 0; asked < count; asked += BATCH) {
    await untilOpen(traffic, inFlight - BATCH, signal);
    await traffic.ask(source.take(Math.min(BATCH, count - asked)));
  }
  await untilOpen(traffic, 0, signal);
}

async function askEvenly(
  traffic: PlacementTraffic,
  source: RequestSource,
  { rate, signal }: RoundOptions,
): Promise<void> {
  const begun = performance.now();
  const due = (): number => Math.floor((Math.min(performance.now() - begun, EVEN_MS) * rate) / 1_000);
  for (let asked = 0; asked < (EVEN_MS * rate) / 1_000;) {
    const next = due() - asked;
    if (next > 0) await traffic.ask(source.take(next));
    asked += next;
    await delay(TICK_MS, undefined, { signal });
  }
  await untilOpen(traffic, 0, signal);
}

async function untilOpen(traffic: PlacementTraffic, most: number, signal: AbortSignal): Promise<void> {
  for (let since = performance.now(), seen = -1; traffic.unanswered > most; await delay(2)) {
    signal.throwIfAborted();
    if (traffic.answers.size !== seen) [seen, since] = [traffic.answers.size, performance.now()];
    else if (performance.now() - since > PATIENCE_MS)
      throw new Error(`${traffic.unanswered} requests have no answer after ${PATIENCE_MS} ms.`);
  }
}

/** Tokens whose answer is another place than the one that is reserved for them. */
async function wrongAnswers(traffic: PlacementTraffic, database: pg.Pool): Promise<readonly string[]> {
  const { rows } = await database.query<{ token: string; node: string; port: number | null }>(
    `SELECT access_token AS token, node, port FROM load_balancer.reservations WHERE state = 'promised'`,
  );
  const reserved = new Map(rows.map(({ token, node, port }) => [token, `${node}:${port ?? '-'}`]));
  const wrong = [...traffic.answers].filter(([token, { answer, others }]) => {
    const { node } = answer;
    const answered = node && `${node.name}:${node.port ?? '-'}`;
    return answered !== reserved.get(token) || others.length > 0;
  });
  const unasked = [...reserved.keys()].filter((token) => !traffic.answers.has(token));
  return [...wrong.map(([token]) => token), ...unasked];
}
