import { createKafka, Producer, SILENT } from '#libs/kafka';
import { spreadOf } from './bench/figures.js';
import { BATCH, type IntakeRound, measureIntake, prepareIntake } from './bench/intake-rounds.js';
import { startOneMachine } from './one-machine/start.js';
import { countsOf, runScript, untilInterrupted } from './run-script.js';

/** A second, of one replica. */
const GOAL = 1_000;
/** Tasks carried on at once: hardly any, and the default. */
const CONCURRENCIES = [1, 32];

interface Options {
  readonly requests: number;
  readonly rounds: number;
}

const interrupted = untilInterrupted();

/** `npm run bench:intake [-- --requests N] [--rounds N]`: how fast one deployer takes in requests that wait in Kafka. */
async function main({ requests, rounds }: Options): Promise<void> {
  await using stops = new AsyncDisposableStack();
  const machine = await startOneMachine({ simulated: true, nodes: 0 });
  stops.defer(() => machine.stop());
  const brokers = (machine.env['KAFKA_BROKERS'] ?? process.env['KAFKA_BROKERS'] ?? '').split(',');
  const producer = new Producer(createKafka({ brokers, clientId: 'bench-intake', logger: SILENT }));
  stops.defer(() => producer.stop());
  await prepareIntake(machine);
  const results = new Map<number, IntakeRound[]>(CONCURRENCIES.map((concurrency) => [concurrency, []]));
  for (let round = 0; round < rounds; round += 1)
    for (const [concurrency, figures] of results) {
      interrupted.throwIfAborted();
      const options = { requests, concurrency, round, signal: interrupted };
      figures.push(await measureIntake(machine, producer, options));
    }
  console.log(printed(results, requests));
}

function printed(results: ReadonlyMap<number, readonly IntakeRound[]>, requests: number): string {
  const rows = [...results].map(([concurrency, rounds]) => {
    const { median, min, max } = spreadOf(rounds.map(({ perSecond }) => perSecond));
    const answered = spreadOf(rounds.map((round) => round.answered)).median;
    return `| ${concurrency} | ${median} (${min}-${max}) | ${answered} | ${median >= GOAL ? 'met' : 'MISSED'} |`;
  });
  return [
    `\n${requests.toLocaleString('en')} requests that wait in Kafka for one deployer, median (least-most):`,
    '| tasks carried on at once | requests taken in a second | answered by then | goal 1,000/s |',
    '| --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}

function optionsOf(args: readonly string[]): Options | undefined {
  const counts = countsOf(args, { requests: 10_000, rounds: 3 });
  const arePossible =
    counts !== undefined && counts.requests % BATCH === 0 && counts.requests > 0 && counts.rounds > 0;
  return arePossible ? counts : undefined;
}

await runScript({
  options: optionsOf(process.argv.slice(2)),
  usage: `Usage: npm run bench:intake [-- [--requests N, a multiple of ${BATCH}] [--rounds N]]`,
  signal: interrupted,
  main,
});
