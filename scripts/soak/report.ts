import type { Violations } from './checks.js';

export interface SoakFigures {
  readonly requests: number;
  readonly tokens: number;
  readonly answered: number;
  readonly replicas: number;
  readonly kills: number;
  readonly seconds: number;
  readonly takenInPerSecond: number;
  readonly answeredPerSecond: number;
  /** From the publication to the reply, in milliseconds. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly slowestMs: number;
}

const SHOWN = 5;

/** The value below which this share of all lies (nearest rank); of none it is not a number. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? NaN;
}

export function printed(figures: object, violations: Violations): string {
  const entries = Object.entries(figures) as [string, unknown][];
  const width = Math.max(...entries.map(([name]) => name.length));
  const table = entries.map(([name, value]) => `${name.padEnd(width)}  ${String(value)}`);
  const checks = Object.entries(violations).flatMap(([what, cases]) => [
    `${cases.length === 0 ? 'holds ' : 'BROKEN'}  ${what}${cases.length === 0 ? '' : `: ${cases.length} not`}`,
    ...cases.slice(0, SHOWN).map((one) => `          ${one}`),
  ]);
  return ['', ...table, '', ...checks].join('\n');
}
