export interface Swap {
  readonly from: string;
  readonly to: string;
  readonly amount: number;
}

export type Amounts = ReadonlyMap<string, number>;

/**
 * Who gives how much to whom, in as few swaps as possible: at most one less than there are givers and takers. Of two ways
 * the one with fewer swaps: in the order of both sides, or equal amounts first. (The least of all is the subset-sum problem.)
 */
export function fewestSwaps(gives: Amounts, takes: Amounts): readonly Swap[] {
  const inOrder = matched(gives, takes);
  const equal = equalOnes(gives, takes);
  const rest = matched(without(gives, equal, 'from'), without(takes, equal, 'to'));
  const equalFirst = [...equal, ...rest];
  return equalFirst.length < inOrder.length ? equalFirst : inOrder;
}

/** Several swaps between the same or other pairs as the fewest that give and take the same. */
export const fewerSwaps = (swaps: readonly Swap[]): readonly Swap[] =>
  fewestSwaps(sums(swaps, 'from'), sums(swaps, 'to'));

function sums(swaps: readonly Swap[], side: 'from' | 'to'): Amounts {
  const total = new Map<string, number>();
  for (const swap of swaps) total.set(swap[side], (total.get(swap[side]) ?? 0) + swap.amount);
  return total;
}

function matched(gives: Amounts, takes: Amounts): readonly Swap[] {
  const swaps: Swap[] = [];
  const givers = [...gives].filter(([, amount]) => amount > 0);
  let [from, has] = givers.shift() ?? ['', 0];
  for (const [to, needs] of takes) {
    let left = needs;
    while (left > 0 && has > 0) {
      const amount = Math.min(left, has);
      swaps.push({ from, to, amount });
      left -= amount;
      has -= amount;
      if (has === 0) [from, has] = givers.shift() ?? ['', 0];
    }
  }
  return swaps;
}

function equalOnes(gives: Amounts, takes: Amounts): readonly Swap[] {
  const used = new Set<string>();
  return [...takes].flatMap(([to, amount]) => {
    const [from] = [...gives].find(([id, has]) => has === amount && amount > 0 && !used.has(id)) ?? [];
    if (from === undefined) return [];
    used.add(from);
    return [{ from, to, amount }];
  });
}

const without = (amounts: Amounts, swaps: readonly Swap[], side: 'from' | 'to'): Amounts =>
  new Map([...amounts].filter(([id]) => !swaps.some((swap) => swap[side] === id)));
