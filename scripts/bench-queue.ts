import { parseArgs } from 'node:util';
import { type ClaimFigures, measureClaims } from './bench/queue/claims.js';
import { intakePerSecond } from './bench/queue/intake.js';
import { plainQueue, type Shape, shapes, slipwayQueue } from './bench/queue/queues.js';
import { measureRelay } from './bench/queue/relay.js';
import { printedQueue } from './bench/queue/report.js';
import { takeOvers } from './bench/queue/take-over.js';
import { printProgress, startOneMachine } from './one-machine/start.js';
import { runScript, untilInterrupted } from './run-script.js';

const ROWS = [10, 10_000, 1_000_000];
const CLAIMERS = [1, 8];
const ROUNDS = 3;
const ROUND_MS = 1_000;
const KILLS = 50;
const RELAY_MS = 15_000;

const interrupted = untilInterrupted();

interface Options {
  readonly json: boolean;
  readonly rows: readonly number[];
}

/** `npm run bench:queue [-- --json] [--rows 10,10000]`: work queue, intake and outbox relay on a real Postgres and Kafka. */
async function main({ json, rows }: Options): Promise<void> {
  const say = json ? () => undefined : console.log;
  await using stops = new AsyncDisposableStack();
  const machine = await startOneMachine({ nodes: 0, report: json ? () => undefined : printProgress });
  stops.defer(() => machine.stop());
  const env = { ...process.env, ...machine.env };
  const databaseUrl = env['DATABASE_URL'] ?? '';
  const brokers = env['KAFKA_BROKERS'] ?? '';
  const claims = await measureAllClaims(databaseUrl, rows, say);
  say('Measuring: take-over ...');
  const takeOverMs = await takeOvers(databaseUrl, KILLS);
  say('Measuring: intake ...');
  const intake = await intakePerSecond(databaseUrl, ROUNDS, 3 * ROUND_MS);
  say('Measuring: outbox relay ...');
  const relay = {
    '1,000 messages/s': await measureRelay({ databaseUrl, brokers }, 1_000, RELAY_MS),
    '2,000 messages/s': await measureRelay({ databaseUrl, brokers }, 2_000, RELAY_MS),
  };
  const results = { claims, takeOverMs, intakePerSecond: intake, relay };
  console.log(json ? JSON.stringify(results, null, 2) : `\n${printedQueue(results)}`);
}

async function measureAllClaims(
  url: string,
  rowCounts: readonly number[],
  say: (line: string) => void,
): Promise<ClaimFigures[]> {
  const slipway = await slipwayQueue(url);
  const plain = await plainQueue(url);
  const bench = { slipway, plain, rounds: ROUNDS, roundMs: ROUND_MS, signal: interrupted };
  const figures: ClaimFigures[] = [];
  try {
    for (const shape of Object.keys(shapes) as Shape[]) {
      for (const rows of rowCounts) {
        say(`Measuring: ${shape}, ${rows} rows ...`);
        const measured = await measureClaims(bench, shape, rows, CLAIMERS);
        figures.push(...measured);
      }
    }
  } finally {
    await slipway.close();
    await plain.close();
  }
  return figures;
}

function optionsOf(args: readonly string[]): Options | undefined {
  try {
    const options = { json: { type: 'boolean', default: false }, rows: { type: 'string' } } as const;
    const { values } = parseArgs({ args: [...args], options });
    const rows = values.rows === undefined ? ROWS : values.rows.split(',').map(Number);
    return rows.every((n) => Number.isInteger(n) && n > 0) ? { json: values.json, rows } : undefined;
  } catch {
    return undefined;
  }
}

const options = optionsOf(process.argv.slice(2));
await runScript({
  options,
  usage: 'Usage: npm run bench:queue [-- [--json] [--rows N,N,...]]',
  signal: interrupted,
  main,
});
