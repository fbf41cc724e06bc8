import type { ObservedInstance, ObservedNode } from '#libs/observations';
import { OwnScores } from './own-scores.js';
import { usualWeights } from './overall.js';
import type { ScoreRules } from './scored-instance.js';

export const rules: ScoreRules = { weights: usualWeights, alpha: 0.2 };
/** Milliseconds since 1970, at the full minute. */
export const BEGIN = Date.parse('2026-01-01T10:00:00.000Z');
export const NAME = 'shop-web-1';

interface Load {
  /** Percent of its limit; null is a gap. */
  readonly cpu?: number | null;
  readonly memory?: number;
  readonly container?: string;
}

export function instanceWith({ cpu = 20, memory = 40, container = 'c1' }: Load = {}): ObservedInstance {
  return {
    instance: NAME,
    identity: { container, appId: 'shop', service: 'web', release: 'r' },
    usage: cpu === null ? null : { cpu: cpu / 200, memoryBytes: memory * 1_000 },
    details: { processes: 1, limits: { cpus: 0.5, memoryBytes: 100_000 }, restarts: 0 },
  };
}

/** A node in the given second since `BEGIN`, with one instance. */
export function secondWith(
  second: number,
  load: Load = {},
  changes: Partial<ObservedNode> = {},
): ObservedNode {
  return {
    ...{ node: 'node-1', fence: 1, sequence: second + 1 },
    observedAt: new Date(BEGIN + second * 1_000).toISOString(),
    host: {
      ...{ seconds: 1, cpu: { user: 1, system: 0.5, iowait: 0, steal: 0 }, load1: 0 },
      ...{ memoryAvailableBytes: 400, swapUsedBytes: 0 },
      network: { inBytesPerSecond: 0, outBytesPerSecond: 12_500_000 },
    },
    sizes: { cpus: 2, memoryBytes: 1_000_000, swapBytes: 0 },
    instances: new Map([[NAME, instanceWith(load)]]),
    others: { count: 0, cpu: 0, memoryBytes: 0 },
    ...changes,
  };
}

export const NONE = new Map<string, never>();

/** Takes one second after another. */
export function observedFor(loads: readonly Load[], scores = new OwnScores(rules)): OwnScores {
  loads.forEach((load, second) => scores.observed(secondWith(second, load), NONE, NONE));
  return scores;
}
