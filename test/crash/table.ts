import { writeFileSync } from 'node:fs';
import type { CrashCase } from './cases.js';
import { modes } from './cases.js';

export interface CaseResult extends CrashCase {
  readonly result: 'as undisturbed' | 'failed';
  readonly takeOverMs: number | undefined;
  readonly stalled: boolean;
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;

/** Times in their order; nothing where there are none. */
function spread(times: readonly number[]): string {
  const sorted = [...times].sort((a, b) => a - b);
  const [median, max] = [sorted[Math.floor(sorted.length / 2)], sorted.at(-1)];
  return median === undefined || max === undefined
    ? ''
    : `median ${seconds(median)}, longest ${seconds(max)}`;
}

function cellOf(cases: readonly CaseResult[], moment: CrashCase['moment']): string {
  const found = cases.find((one) => one.moment === moment);
  if (found === undefined) return '';
  const taken = found.takeOverMs === undefined ? 'ended already' : seconds(found.takeOverMs);
  return `${found.result}, ${taken}`;
}

function rowsOf(results: readonly CaseResult[]): readonly string[] {
  const effects = [...new Set(results.map(({ effect }) => effect))];
  return effects.map((effect) => {
    const cases = results.filter((one) => one.effect === effect);
    const cells = (['before', 'after', 'stored'] as const).map((moment) => cellOf(cases, moment));
    return `| ${effect} | ${cells.join(' | ')} |`;
  });
}

/** docs/explanation/crash-points.md, as `npm run test:crash` writes it. */
export function writeTable(results: readonly CaseResult[], leaseMs: number): void {
  const killed = results.filter(({ stalled }) => !stalled);
  const times = (of: readonly CaseResult[]): readonly number[] =>
    of.flatMap(({ takeOverMs }) => takeOverMs ?? []);
  const sections = modes.flatMap((mode) => [
    ...['', `## ${mode}`, '', '| effect | before | after, not stored | stored |', '|---|---|---|---|'],
    ...rowsOf(killed.filter((one) => one.mode === mode)),
  ]);
  const stalled = results
    .filter((one) => one.stalled)
    .map((one) => `| ${one.mode} | ${one.effect} | ${one.moment} | ${cellOf([one], one.moment)} |`);
  const passed = killed.filter(({ result }) => result === 'as undisturbed').length;
  const text = [
    '# Crash points',
    '',
    'Written by `npm run test:crash`. In each case a deployer replica kills itself with SIGKILL at one point of its work:',
    'before an effect, after it and before its event is stored, or right after that. Another replica continues the task.',
    'A cell says how the request ended, and how long after the death the other replica had the task. `as undisturbed` means:',
    '',
    '- There is one reply in content, the same as without the death.',
    '- Containers, service registry, the deployer’s rows and bound reservations name the same instances.',
    '- No other container, image on the builder, promised reservation, source folder or lease is left.',
    '',
    'Effects that are done once they are recorded, and waits, have no moment between effect and event. Other cells are empty',
    'because not every case runs each time. In the first mode with a kind of effect, every moment of it has its case; in each',
    'further mode the hardest one has. `SLIPWAY_CRASH_CASES=every npm run test:crash` runs them all.',
    '',
    `${passed} of ${killed.length} cases as undisturbed. Lease ${seconds(leaseMs)}; take-over ${spread(times(killed))} after the death.`,
    ...sections,
    ...['', '## A replica that stands still', ''],
    'The replica gets SIGSTOP instead of SIGKILL, and SIGCONT once the other replica has ended the task. Nothing that the',
    'first one then does or stores changes anything.',
    '',
    ...['| mode | effect | moment | result |', '|---|---|---|---|'],
    ...stalled,
    '',
  ];
  writeFileSync('docs/explanation/crash-points.md', text.join('\n'));
}
