import type { Resource } from '../../structures/domain/structure.js';

const MIB = 1_048_576;
/** How much is given away at a time: 5 of the units of ServerlessContainers (shares, MiB, MiB/s, Mbit/s), of energy 1 W. */
export const SLICE: Readonly<Record<Resource, number>> = {
  ...{ cpu: 5, memory: 5 * MIB, diskRead: 5 * MIB, diskWrite: 5 * MIB, network: 5 * 125_000, energy: 1 },
};
/** An amount of more slices is cut into larger ones: nobody needs a terabyte in steps of 5 MiB. */
const MOST_SLICES = 2_000;

export interface Member {
  readonly id: string;
  /** What it has now. */
  readonly value: number;
  readonly min: number;
  /** More it cannot have; absent: nothing bounds it. */
  readonly max?: number;
  /** Absent: no figure; then it counts as if it used its `min`. */
  readonly usage?: number;
  readonly isStopped?: boolean;
}

/** 23 by 5: 5, 5, 5, 5, 3. */
export function slicesBy(amount: number, slice: number): readonly number[] {
  const whole = Math.floor(amount / slice);
  const rest = amount - whole * slice;
  return [...Array.from({ length: whole }, () => slice), ...(rest > 0 ? [rest] : [])];
}

/** 23 in 4: 6, 6, 6, 5. */
export function slicesIn(amount: number, count: number): readonly number[] {
  const least = Math.floor(amount / count);
  return Array.from({ length: count }, (_, index) => least + (index < amount - least * count ? 1 : 0));
}

/** Who comes first on the way up: below `min`, then below its usage, then the tightest; who is stopped comes last. */
function need({ value, min, usage, isStopped }: Member): readonly [number, number] {
  if (value < min) return [isStopped ? 3 : 0, value / min];
  if (isStopped) return [4, value - min];
  if (usage !== undefined && value < usage) return [1, value - min];
  return [2, value - (usage ?? min)];
}

/** Who comes first on the way down: who is stopped, then who has the most that it does not use. */
const surplus = ({ value, min, usage, isStopped }: Member): number =>
  isStopped ? Number.MAX_SAFE_INTEGER : value - (usage ?? min);

/**
 * Splits an amount over members, slice by slice, as ServerlessContainers does: up to the lowest of `need`, down from the
 * highest of `surplus`, never below `min`. What nobody can give is left out.
 */
export function splitAmount(
  amount: number,
  members: readonly Member[],
  slice: number,
): ReadonlyMap<string, number> {
  const given = new Map<string, number>();
  const size = Math.max(slice, Math.ceil(Math.abs(amount) / MOST_SLICES));
  for (const each of slicesBy(Math.abs(amount), size)) {
    let left = each;
    while (left > 0) {
      const now = members.map((member) => ({ ...member, value: member.value + (given.get(member.id) ?? 0) }));
      const next = amount > 0 ? neediest(now) : richest(now);
      if (next === undefined) return given;
      const part = Math.min(left, amount > 0 ? roomOf(next) : next.value - next.min);
      given.set(next.id, (given.get(next.id) ?? 0) + (amount > 0 ? part : -part));
      left -= part;
    }
  }
  return given;
}

const roomOf = ({ value, max }: Member): number => (max === undefined ? Infinity : max - value);

function neediest(all: readonly Member[]): Member | undefined {
  const members = all.filter((member) => roomOf(member) > 0);
  return members.reduce<Member | undefined>((best, member) => {
    if (best === undefined) return member;
    const [[rank, by], [bestRank, bestBy]] = [need(member), need(best)];
    return rank < bestRank || (rank === bestRank && by < bestBy) ? member : best;
  }, undefined);
}

function richest(members: readonly Member[]): Member | undefined {
  return members
    .filter(({ value, min }) => value > min)
    .reduce<Member | undefined>(
      (best, member) => (best === undefined || surplus(member) > surplus(best) ? member : best),
      undefined,
    );
}
