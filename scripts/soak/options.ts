import { parseArgs } from 'node:util';

export interface SoakOptions {
  /** How many are published, repeats included. */
  readonly requests: number;
  readonly replicas: number;
  /** Seconds between two kills; 0 kills nobody. */
  readonly killEvery: number;
  /** Share of the requests that repeat the token of an earlier one. */
  readonly duplicates: number;
  readonly seed: number;
  /** Published, and not yet taken in, at most. */
  readonly inFlight: number;
  readonly json: boolean;
}

export const USAGE =
  'Usage: npm run test:soak [-- [--requests N] [--replicas N] [--kill-every SECONDS] [--duplicates SHARE] [--seed N] [--in-flight N] [--json]]';

const DEFAULTS = {
  requests: { type: 'string', default: '10000' },
  replicas: { type: 'string', default: '3' },
  'kill-every': { type: 'string', default: '5' },
  duplicates: { type: 'string', default: '0.2' },
  seed: { type: 'string', default: '1' },
  'in-flight': { type: 'string', default: '500' },
  json: { type: 'boolean', default: false },
} as const;

/** Undefined where an argument is not known or no number of its kind. */
export function soakOptions(args: readonly string[]): SoakOptions | undefined {
  try {
    const { values } = parseArgs({ args: [...args], options: DEFAULTS });
    const { 'kill-every': killEvery, 'in-flight': inFlight, json, ...others } = values;
    const numbers = Object.fromEntries(
      Object.entries({ ...others, killEvery, inFlight }).map(([name, text]) => [name, Number(text)]),
    ) as unknown as Omit<SoakOptions, 'json'>;
    const { requests, replicas, duplicates } = numbers;
    const areNumbers = Object.values(numbers).every((value) => Number.isFinite(value) && value >= 0);
    const isPossible = requests >= 1 && replicas >= 1 && duplicates < 1 && numbers.inFlight >= 1;
    return areNumbers && isPossible ? { ...numbers, json } : undefined;
  } catch {
    return undefined;
  }
}
