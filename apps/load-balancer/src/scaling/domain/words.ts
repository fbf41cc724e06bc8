import type { Constraint, Explanation } from './decision.js';
import type { TargetResult } from './recommend.js';

const units: Readonly<Record<TargetResult['target'], string>> = {
  score: 'mean score',
  cpu: '% of CPU',
  memory: '% of memory',
  requestsPerSecond: 'requests/s an instance',
  concurrency: 'requests at once an instance',
  p95Ms: 'ms p95',
  kafkaLag: 'messages behind an instance',
  prometheus: 'an instance by the query',
};

const number = (value: number): string =>
  String(Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3)));

/** `72 % of CPU, aim 50`. */
export function targetText({ target, value, aim, missing }: TargetResult): string {
  if (value === undefined) return `${target}: ${missing ?? 'no figure'}`;
  const note = missing === undefined ? '' : ` (not known of ${missing})`;
  return `${number(value)} ${units[target]}, aim ${number(aim)}${note}`;
}

const because: Readonly<Record<Constraint, (explanation: Explanation) => string>> = {
  steady: () => 'as many as are needed',
  target: () => '',
  min: ({ bounds }) => `at least ${bounds.min}${windowText(bounds)}`,
  max: ({ bounds, raw }) => `${raw} would be needed, at most ${bounds.max}${windowText(bounds)}`,
  'out-step': ({ raw }) => `${raw} are needed, as many as a period allows are added`,
  'in-step': ({ raw }) => `${raw} are enough, as many as a period allows go`,
  'out-cooldown': ({ raw }) => `${raw} are needed, but some were added within the cooldown`,
  'in-cooldown': ({ raw }) => `${raw} are enough, but the count has changed within the cooldown`,
  'out-stabilisation': ({ raw }) => `${raw} are needed now, but not all through the stabilisation`,
  'in-stabilisation': ({ raw }) => `${raw} are enough now, but not all through the stabilisation`,
  panic: ({ raw, count, current }) =>
    count > current
      ? 'so much load at once that no limit counts'
      : `${raw} are enough, but nothing goes right after a panic`,
  rollout: ({ raw }) => `${raw} are enough, but nothing goes while a rollout is under way`,
  missing: ({ raw, targets }) =>
    `${raw} are enough by what is known, but nothing goes while a figure is missing (${missingText(targets)})`,
  unreachable: ({ raw }) => `${raw} would do, but no node answers, so nothing is changed`,
  idle: () => 'nothing to do for idleMs',
  wake: () => 'something to do, and no instance',
  asked: ({ raw }) => `${raw} would do; what was asked for before is still under way`,
  rest: ({ raw }) => `${raw} would do; the last request failed, and there is a pause before the next one`,
  prediction: ({ expected }) =>
    expected === undefined ? 'expected load' : `the load that is expected needs ${expected.count}`,
};

/** `kafkaLag: there is no topic orders`. */
export const missingText = (targets: readonly TargetResult[]): string =>
  targets
    .flatMap(({ target, raw, missing }) =>
      raw === undefined && missing !== undefined ? [`${target}: ${missing}`] : [],
    )
    .join('; ');

const windowText = ({ window }: Explanation['bounds']): string =>
  window === undefined ? '' : ` (window ${window})`;

/** One line: what was decided, by what. Pure. */
export function reasonText(explanation: Explanation): string {
  const { current, count, constraint, targets, by } = explanation;
  const change = current === count ? `${count}` : `${current} -> ${count}`;
  const deciding = targets.find(({ target }) => target === by);
  return [change, because[constraint](explanation), deciding === undefined ? '' : targetText(deciding)]
    .filter((text) => text !== '')
    .join('; ');
}
