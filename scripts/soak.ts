import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { type OneMachine, printProgress, startOneMachine } from './one-machine/start.js';
import { checkAnswers, checkWorld, untilSettled, type Violations } from './soak/checks.js';
import { Fleet } from './soak/fleet.js';
import { soakOptions, type SoakOptions, USAGE } from './soak/options.js';
import { type Plan, planSoak } from './soak/plan.js';
import { percentile, printed, type SoakFigures } from './soak/report.js';
import { Traffic } from './soak/traffic.js';
import { runScript, untilInterrupted } from './run-script.js';

/** Without one more answer for so long, what is missing is lost. */
const PATIENCE_MS = 60_000;

const interrupted = untilInterrupted();

/** `npm run test:soak`: a stream of requests through deployers that are killed again and again; then what came of it. */
async function main(options: SoakOptions): Promise<boolean> {
  const report = options.json ? () => undefined : printProgress;
  await using stops = new AsyncDisposableStack();
  const machine = await startOneMachine({ simulated: true, report });
  stops.defer(() => machine.stop());
  const { figures, violations } = await soak(options, machine, stops);
  console.log(options.json ? JSON.stringify({ figures, violations }, null, 2) : printed(figures, violations));
  return Object.values(violations).every((cases) => cases.length === 0);
}

interface Result {
  readonly figures: SoakFigures;
  readonly violations: Violations;
}

async function soak(options: SoakOptions, machine: OneMachine, stops: AsyncDisposableStack): Promise<Result> {
  const signal = interrupted;
  const { nodes, ledger } = machine;
  const directory = await mkdtemp(join(tmpdir(), 'slipway-soak-'));
  ledger.hold({ kind: 'directory', path: directory });
  stops.defer(() => rm(directory, { recursive: true, force: true }));
  const own = { ...machine.env, DEPLOYER_WORK_DIRECTORY: directory };
  const env: Record<string, string> = { ...(process.env as Record<string, string>), ...own };
  const database = new pg.Pool({ connectionString: env['DATABASE_URL'] });
  stops.defer(() => database.end());
  signal.throwIfAborted();
  const fleet = await Fleet.start({ ...{ env, nodes, ledger }, ...options });
  stops.defer(() => fleet.stop());
  const traffic = new Traffic({ env, database, inFlight: options.inFlight });
  stops.defer(() => traffic.close());
  await traffic.connect();
  const plan = planSoak(options);
  const begun = performance.now();
  fleet.killEvery(options.killEvery);
  await traffic.publish(plan.sends, signal);
  await untilAnswered(plan, traffic, signal);
  const seconds = (performance.now() - begun) / 1_000;
  fleet.endKilling();
  const settled = await untilSettled(database).then(
    () => [],
    (error: Error) => [error.message],
  );
  const violations = {
    ...checkAnswers(plan, traffic.answers),
    ...(await checkWorld({ database, nodes }, plan)),
    'all work is done in the end': settled,
    'no deployer ends by itself': fleet.crashes,
  };
  const figures = await figuresOf({ options, traffic, database, seconds, kills: fleet.kills, plan });
  return { figures, violations };
}

async function untilAnswered(plan: Plan, { answers }: Traffic, signal: AbortSignal): Promise<void> {
  const tokens = new Set(plan.sends.map(({ token }) => token)).size;
  for (let seen = -1, since = 0; answers.size < tokens; await delay(50, undefined, { signal })) {
    if (answers.size !== seen) [seen, since] = [answers.size, performance.now()];
    else if (performance.now() - since > PATIENCE_MS) return;
  }
}

interface Measured {
  readonly options: SoakOptions;
  readonly traffic: Traffic;
  readonly database: pg.Pool;
  readonly seconds: number;
  readonly kills: number;
  readonly plan: Plan;
}

async function figuresOf({
  options,
  traffic,
  database,
  seconds,
  kills,
  plan,
}: Measured): Promise<SoakFigures> {
  const { rows } = await database.query<{ seconds: number }>(
    'SELECT extract(epoch FROM max(received_at) - min(received_at))::float AS seconds FROM deployer.requests',
  );
  const times = [...traffic.answers.values()].map(({ ms }) => ms);
  const tokens = new Set(plan.sends.map(({ token }) => token)).size;
  return {
    ...{ requests: options.requests, tokens, answered: times.length, replicas: options.replicas, kills },
    seconds: Math.round(seconds * 10) / 10,
    takenInPerSecond: Math.round(tokens / (rows[0]?.seconds ?? NaN)),
    answeredPerSecond: Math.round(times.length / seconds),
    p50Ms: Math.round(percentile(times, 0.5)),
    p99Ms: Math.round(percentile(times, 0.99)),
    slowestMs: Math.round(Math.max(...times)),
  };
}

const options = soakOptions(process.argv.slice(2));
await runScript({ options, usage: USAGE, signal: interrupted, main });
