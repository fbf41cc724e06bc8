import { type PartName, partNames, type Parts } from './overall.js';
import type { InstanceScore } from './instance-score.js';

export interface Spread {
  readonly mean: number;
  readonly least: number;
}

/** The scores of one instance in one minute. A part that was not measured is absent. */
export interface ScoreMinute extends Pick<InstanceScore, 'instance' | 'appId' | 'service' | 'node'> {
  /** When it began, in milliseconds since 1970. */
  readonly beginMs: number;
  /** How many of its seconds were measured. */
  readonly seconds: number;
  readonly overall: Spread;
  readonly parts: { readonly [P in PartName]?: Spread };
}

const MINUTE_MS = 60_000;
/** So long after its end a minute is complete: what is observed later is a gap. */
const COMPLETE_MS = 3_000;
/** While the database is away, so many minutes wait: the newest. */
const KEPT_MS = 10 * MINUTE_MS;

class Sum {
  private sum = 0;
  private count = 0;
  private least = Infinity;

  add(value: number | undefined): void {
    if (value === undefined) return;
    this.sum += value;
    this.count += 1;
    this.least = Math.min(this.least, value);
  }

  get spread(): Spread | undefined {
    return this.count === 0 ? undefined : { mean: this.sum / this.count, least: this.least };
  }

  get values(): number {
    return this.count;
  }
}

interface Gathered {
  readonly of: Omit<ScoreMinute, 'seconds' | 'overall' | 'parts'>;
  readonly overall: Sum;
  readonly parts: Readonly<Record<PartName, Sum>>;
}

/** Gathers scores by the minute in which they were measured. */
export class ScoreMinutes {
  private readonly gathered = new Map<string, Gathered>();

  add({ instance, appId, service, node, overall, at, ...parts }: InstanceScore & Parts): void {
    const beginMs = Math.floor(at / MINUTE_MS) * MINUTE_MS;
    const key = `${beginMs} ${instance}`;
    let known = this.gathered.get(key);
    if (known === undefined) {
      const sums = { cpu: new Sum(), memory: new Sum(), network: new Sum(), availability: new Sum() };
      known = { of: { instance, appId, service, node, beginMs }, overall: new Sum(), parts: sums };
      this.gathered.set(key, known);
    }
    known.overall.add(overall);
    for (const name of partNames) known.parts[name].add(parts[name]);
  }

  /** The minutes that are complete; they stay until `stored`, though not for ever. */
  complete(nowMs: number): readonly ScoreMinute[] {
    for (const [key, { of }] of this.gathered) if (of.beginMs < nowMs - KEPT_MS) this.gathered.delete(key);
    return [...this.gathered.values()].filter((one) => isComplete(one, nowMs)).flatMap(minuteOf);
  }

  /** Those of `complete` at that time were stored. */
  stored(nowMs: number): void {
    for (const [key, one] of this.gathered) if (isComplete(one, nowMs)) this.gathered.delete(key);
  }
}

const isComplete = ({ of }: Gathered, nowMs: number): boolean =>
  of.beginMs <= nowMs - MINUTE_MS - COMPLETE_MS;

function minuteOf({ of, overall, parts }: Gathered): readonly ScoreMinute[] {
  const { spread, values } = overall;
  if (spread === undefined) return [];
  const known = partNames.map((name) => [name, parts[name].spread] as const);
  return [
    {
      ...{ ...of, seconds: values, overall: spread },
      parts: Object.fromEntries(known.filter(([, part]) => part !== undefined)) as ScoreMinute['parts'],
    },
  ];
}
