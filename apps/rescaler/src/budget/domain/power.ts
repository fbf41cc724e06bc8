/** What holds a power budget by CPU. CPU in shares, power in watts. */
export interface PowerSettings {
  /** What the host uses while nothing runs on it. */
  readonly idle: number;
  /** Within this part of the budget nothing changes. */
  readonly deadBand: number;
  /** Older events do not count. */
  readonly eventTimeoutMs: number;
  /** A model decides about budgets of at least so many watts only; absent: about all. */
  readonly modelFrom?: number;
}

/** Dead band and timeout are those of ServerlessContainers. */
export const defaultPower: Omit<PowerSettings, 'idle'> = { deadBand: 0.025, eventTimeoutMs: 20_000 };

export interface PowerInput {
  readonly cpu: number;
  readonly min: number;
  readonly max: number;
  readonly budget: number;
  /** Absent: no meter has said anything; then nothing changes. */
  readonly power?: number;
  /** Whether CPU holds it back: without that more CPU would be of no use. */
  readonly isCpuBottleneck: boolean;
  /** What a model says that this budget allows: at the first sight of a budget, and the proportional rule after it. */
  readonly modelled?: number;
  /** How many events for this direction came in the last `eventTimeoutMs`, this look included. */
  readonly events: number;
  readonly settings: PowerSettings;
}

export interface PowerChoice {
  readonly cpu: number;
  readonly because: 'missing' | 'dead-band' | 'events' | 'no-bottleneck' | 'model' | 'proportional';
}

/**
 * By how much CPU changes so that power meets the budget: `cpu * (budget - power) / (budget + idle)`, the policy
 * "proportional to power" (PPE) of ServerlessContainers, rounded towards zero and kept within `min` and `max`.
 */
export function proportionalToPower(
  { cpu, min, max, budget }: Pick<PowerInput, 'cpu' | 'min' | 'max' | 'budget'>,
  power: number,
  idle: number,
): number {
  const reference = budget + idle;
  if (reference <= 0) return Math.min(min, cpu) - cpu;
  const wanted = cpu + Math.trunc((cpu * (budget - power)) / reference);
  return Math.min(Math.max(wanted, min), max) - cpu;
}

/** How many events a change needs: a small error may be noise, a large one is not. */
export function eventsNeeded(budget: number, power: number): number {
  const error = budget > 0 ? Math.abs(budget - power) / budget : 1;
  // Of 50 and 52.5 the error is a little below .05 in binary.
  const reaches = (least: number): boolean => error >= least - 1e-9;
  if (reaches(0.2)) return 1;
  if (reaches(0.1)) return 2;
  return reaches(0.08) ? 3 : 4;
}

/** One look at a container with a power budget. */
export function powered(input: PowerInput): PowerChoice {
  const { cpu, budget, power, settings, modelled, min, max } = input;
  if (power === undefined) return { cpu, because: 'missing' };
  if (Math.abs(budget - power) <= settings.deadBand * budget) return { cpu, because: 'dead-band' };
  if (power < budget && !input.isCpuBottleneck) return { cpu, because: 'no-bottleneck' };
  if (modelled !== undefined && Number.isFinite(modelled) && budget >= (settings.modelFrom ?? 0))
    return { cpu: Math.min(Math.max(Math.round(modelled), min), max), because: 'model' };
  if (input.events < eventsNeeded(budget, power)) return { cpu, because: 'events' };
  return { cpu: cpu + proportionalToPower(input, power, settings.idle), because: 'proportional' };
}
