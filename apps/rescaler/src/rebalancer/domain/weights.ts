export interface Weighted {
  readonly id: string;
  /** 0 or more; how much of the whole it gets beside the others. */
  readonly weight: number;
  readonly min: number;
  readonly max: number;
  readonly usage?: number;
  readonly isRunning: boolean;
}

/** Whether a participant gets a share by its weight. The one test of it: who runs and uses something. */
export const isConsuming = ({ isRunning, usage }: Weighted): boolean => isRunning && (usage ?? 0) > 0;

/**
 * Shares a whole out by weights: who consumes nothing gets its `min`, the others the rest in proportion, within their bounds.
 * Where all weights are 0 they count as equal. Whole numbers that sum to `total`, as far as the bounds allow.
 */
export function byWeights(total: number, members: readonly Weighted[]): ReadonlyMap<string, number> {
  const given = new Map(members.map(({ id, min }) => [id, min]));
  let open = members.filter(isConsuming);
  let left = total - members.reduce((sum, { min }) => sum + min, 0);
  while (left > 0 && open.length > 0) {
    const shares = proportions(left, open);
    for (const [index, member] of open.entries()) {
      const before = given.get(member.id) ?? 0;
      const after = Math.min(member.max, before + (shares[index] ?? 0));
      given.set(member.id, after);
      left -= after - before;
    }
    const next = open.filter(({ id, max }) => (given.get(id) ?? 0) < max);
    if (next.length === open.length) break;
    open = next;
  }
  return given;
}

/** Whole parts of an amount by weight; what rounding leaves goes to the largest remainders, the first of equals. */
function proportions(amount: number, members: readonly Weighted[]): readonly number[] {
  const sum = members.reduce((total, { weight }) => total + weight, 0);
  const exact = members.map(({ weight }) => (sum > 0 ? (amount * weight) / sum : amount / members.length));
  const whole = exact.map(Math.floor);
  const left = amount - whole.reduce((total, part) => total + part, 0);
  const byRemainder = exact
    .map((value, index) => ({ index, remainder: value - Math.floor(value) }))
    .sort((a, b) => b.remainder - a.remainder || a.index - b.index)
    .slice(0, Math.round(left))
    .map(({ index }) => index);
  return whole.map((part, index) => part + (byRemainder.includes(index) ? 1 : 0));
}
