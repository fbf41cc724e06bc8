import { scalesCount, type ScalingPolicy } from './scaling-policy.js';
import { verticalProblems } from './scaling-policy.vertical.js';

interface ScalingProblem {
  /** Path of the field. */
  readonly field: string;
  readonly expected: string;
}

interface ScaledConfig {
  readonly port?: number;
  readonly volumes?: unknown;
  readonly resources?: { readonly cpu: number; readonly memoryMiB: number };
  readonly scaling?: ScalingPolicy;
}

/** What the gateway counts. */
const OF_REQUESTS = ['requestsPerSecond', 'concurrency', 'p95Ms'] as const;
/** What tells of work while no instance runs, beside requests. */
const OF_WORK = ['kafkaLag', 'prometheus'] as const;

/** What of a policy does not go with the service: nobody sends requests to a worker, and volumes have one user. */
export function scalingProblems({
  port,
  volumes,
  scaling,
  resources,
}: ScaledConfig): readonly ScalingProblem[] {
  if (scaling === undefined) return [];
  const { targets, min, windows, vertical } = scaling;
  const problems: ScalingProblem[] = [];
  if (port === undefined)
    for (const target of OF_REQUESTS)
      if (targets[target] !== undefined)
        problems.push({
          field: `scaling.targets.${target}`,
          expected: 'expected no such field: without port nobody sends it requests',
        });
  const comesBack =
    OF_WORK.some((target) => targets[target] !== undefined) || windows.some(({ min = 0 }) => min > 0);
  if (port === undefined && min === 0 && !comesBack)
    problems.push({
      field: 'scaling.min',
      expected:
        'expected 1 or more, or kafkaLag or prometheus in targets: without port, nothing else starts it again',
    });
  const most = Math.max(scaling.max, ...windows.map(({ max = 0 }) => max));
  if (volumes !== undefined && most > 1 && scalesCount(scaling))
    problems.push({ field: 'scaling.max', expected: 'expected 1: one instance uses its volumes' });
  if (vertical !== undefined && resources !== undefined)
    for (const { field, expected } of verticalProblems(vertical, resources))
      problems.push({ field: `scaling.vertical.${field}`, expected });
  return problems;
}
