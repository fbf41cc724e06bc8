import { rmSync } from 'node:fs';
import { check, type Count, endCommands, scratch, type Side, vitest } from './test/commands.js';
import { SetUp } from './test/set-up.js';

/** `npm test [stage]`: every stage, one count for the whole, the closing line `N passed, N failed`. */
const forRequests = new SetUp('requests');
const forNodes = new SetUp('nodes');
const endServers = (): Promise<unknown> => Promise.all([forRequests.end(), forNodes.end()]);

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.once(name, () => {
    endCommands();
    void endServers().finally(() => process.exit(130));
  });

/** As it was before anything was started. */
const environment: NodeJS.ProcessEnv = { ...process.env };

type Stages = Readonly<Record<string, (side: Side) => Promise<Count>>>;

/** Side by side, one core for each: what is in one of them runs one after another. */
const checks: readonly Stages[] = [
  { lint: (side) => check('lint', side) },
  { typecheck: (side) => check('typecheck', side), repo: (side) => vitest('repo', side) },
];

/** Nothing runs beside these: they compute on all cores, or measure how long something stands still. */
const alone: Stages = {
  unit: (side) => vitest('unit', side),
  alone: (side) => vitest('alone', side),
};

interface Lane {
  readonly setUp: SetUp;
  readonly onIt: Stages;
  /** Each starts a set-up of its own, once that of the lane has ended. */
  readonly apart: Stages;
}

/**
 * Stages of a lane run one after the other; two lanes run side by side, since half of their time they wait. They are cut
 * so that both take about as long. A third one was tried: it made all others slower, and the whole no faster.
 */
const lanes: readonly Lane[] = [
  {
    setUp: forRequests,
    onIt: {
      int: (side) => forRequests.onOneMachine('int', side),
      e2e: (side) => forRequests.onPlatform('e2e', side),
      sources: (side) => forRequests.onPlatform('sources', side),
      crash: (side) => forRequests.onPlatform('crash', side),
    },
    apart: {},
  },
  {
    setUp: forNodes,
    onIt: {
      nodes: (side) => forNodes.onOneMachine('nodes', side),
      replicas: (side) => forNodes.onPlatform('replicas', side),
      fuzz: (side) => forNodes.onPlatform('fuzz', side),
    },
    apart: {
      demo: (side) => vitest('demo', side),
      faults: (side) => vitest('faults', side),
      soak: (side) => vitest('soak', side),
    },
  },
];

/** Among all stages, others stand for them: `.int.spec` files beside their own, and `test/replicas` for `reconcile`. */
const byNameOnly = (names: readonly string[]): Stages => ({
  gateway: (side) => vitest('gateway', side),
  reconcile: (side) => vitest('reconcile', side),
  infra: (side) =>
    vitest(
      'infra',
      side,
      names.map((name) => `test/infra/${name}`),
    ),
});

/** `sources` may be followed by names of projects of the corpus, `infra` by beginnings of its files' names. */
function takenApart(words: readonly string[]): {
  readonly wanted: readonly string[];
  readonly names: readonly string[];
} {
  const [first, ...names] = words;
  return first === 'sources' || first === 'infra' ? { wanted: [first], names } : { wanted: words, names: [] };
}

/** Their base images are large: made only for projects of the corpus that are built on them. */
const needsToolchains = (sources = ''): boolean =>
  sources === 'whole' || sources.split(',').some((name) => /^(?:go|java)-/.test(name));

async function main(words: readonly string[]): Promise<number> {
  const { wanted, names } = takenApart(words);
  const named = byNameOnly(names);
  const stages = [...checks, alone, ...lanes.flatMap((lane) => [lane.onIt, lane.apart]), named].flatMap(
    (some) => Object.keys(some),
  );
  const unknown = wanted.filter((name) => !stages.includes(name));
  if (unknown.length > 0) {
    console.error(`test: unknown stage ${unknown.join(', ')}; stages are ${stages.join(', ')}`);
    return 2;
  }
  // Asked for by its name a stage is whole; among all stages it has a short form.
  if (wanted.includes('crash')) environment['SLIPWAY_CRASH_CASES'] ??= 'whole';
  for (const name of ['demo', 'e2e', 'faults', 'fuzz', 'gateway', 'int', 'nodes', 'replicas', 'soak'])
    if (wanted.includes(name)) environment[`SLIPWAY_${name.toUpperCase()}`] ??= 'whole';
  if (wanted.includes('sources')) environment['SLIPWAY_SOURCES'] ??= names.join(',') || 'whole';
  if (needsToolchains(environment['SLIPWAY_SOURCES'])) environment['SLIPWAY_TOOLCHAINS'] ??= 'go,java';
  Object.assign(process.env, environment);
  const isWanted = (name: string): boolean => wanted.length === 0 || wanted.includes(name);
  const inTurn = async (stages: Stages, isBeside = false): Promise<Count[]> => {
    const counts: Count[] = [];
    for (const [name, run] of Object.entries(stages))
      if (isWanted(name)) counts.push(await run({ env: environment, isBeside }));
    return counts;
  };
  const atOnce = checks.map((some) => inTurn(some, true));
  const wantedLanes = lanes.filter(({ onIt, apart }) => Object.keys({ ...onIt, ...apart }).some(isWanted));
  const inLane = async ({ setUp, onIt, apart }: Lane, n: number): Promise<Count[]> => {
    const counts = await inTurn(onIt, n > 0).finally(() => setUp.end());
    return [...counts, ...(await inTurn(apart, n > 0))];
  };
  const counts = [
    ...(await Promise.all(atOnce)).flat(),
    ...(await inTurn(alone)),
    ...(wanted.length > 0 ? await inTurn(named) : []),
    ...(await Promise.all(wantedLanes.map(inLane))).flat(),
  ];
  rmSync(scratch, { recursive: true, force: true });
  const passed = counts.reduce((sum, count) => sum + count.passed, 0);
  const failed = counts.reduce((sum, count) => sum + count.failed, 0);
  // Again at the end, as what each stage said of it may be thousands of lines above.
  for (const failure of counts.flatMap(({ failures }) => failures)) console.log(`failed: ${failure}`);
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
