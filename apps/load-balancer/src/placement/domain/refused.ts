import type { RefusedNodes } from './explanation.js';
import { filters } from './filters.js';
import { type Filter, short } from './filters/filter.js';
import type { Candidate, FleetFacts, Refusal, Wish } from './model.js';

/** The place in the table of the first filter that refuses the node; undefined where none does. */
export function firstRefusal(node: Candidate, wish: Wish, facts: FleetFacts): number | undefined {
  for (let index = 0; index < filters.length; index += 1)
    if (filters[index]?.refuses(node, wish, facts)) return index;
  return undefined;
}

/** An answer of a large fleet names this many of the nodes that it refused. */
export const MOST_REFUSALS = 100;

/** Each node with what ruled it out, in the order given. */
export const refusalsOf = (
  wish: Wish,
  refused: readonly (readonly [Candidate, number])[],
): readonly Refusal[] =>
  refused
    .slice(0, MOST_REFUSALS)
    .map(([node, by]) => ({ node: node.name, reason: filters[by]?.reason(node, wish) ?? '' }));

/** How much of its quantity the node has beyond what is needed: less than 0 where the filter refuses it; 0 of other filters. */
const spareOf = ({ quantity }: Filter, node: Candidate, wish: Wish): number =>
  quantity === undefined ? 0 : quantity.free(node) - quantity.needed(wish, node);

/** What each filter refused, counted; the node that came closest stands for the others. */
export class Refusals {
  private readonly counts = new Uint32Array(filters.length);
  private readonly closest = new Int32Array(filters.length).fill(-1);
  private readonly mostSpare = new Float64Array(filters.length).fill(Number.NEGATIVE_INFINITY);

  /** `rank` is the smaller the earlier the node's name. */
  constructor(
    private readonly nodeAt: (index: number) => Candidate,
    private readonly rank: (index: number) => number,
  ) {}

  /** By its place in the table. `spare`: as `spareOf` has it. `nodes`: so many, of which this one comes closest. */
  add(filter: number, index: number, spare: number, nodes = 1): void {
    this.counts[filter]! += nodes;
    const closest = this.closest[filter]!;
    const most = this.mostSpare[filter]!;
    if (spare < most || (spare === most && this.rank(index) > this.rank(closest))) return;
    this.closest[filter] = index;
    this.mostSpare[filter] = spare;
  }

  /** What was counted so far, for `refusedNodes`: it stays as it is when nodes come and go. */
  counted(): readonly CountedRefusals[] {
    return filters.flatMap((filter, at) => {
      const nodes = this.counts[at]!;
      return nodes === 0 ? [] : { filter, nodes, closest: this.nodeAt(this.closest[at]!) };
    });
  }
}

interface CountedRefusals {
  readonly filter: Filter;
  readonly nodes: number;
  readonly closest: Candidate;
}

/** The same in words. */
export const refusedNodes = (wish: Wish, counted: readonly CountedRefusals[]): readonly RefusedNodes[] =>
  counted.map(({ filter, nodes, closest }) => ({
    ...{ filter: filter.name, nodes, closest: closest.name },
    ...missing(filter, closest, wish),
  }));

function missing(filter: Filter, closest: Candidate, wish: Wish): Pick<RefusedNodes, 'missing' | 'quantity'> {
  const { quantity } = filter;
  if (quantity === undefined) return { missing: `${closest.name} ${filter.reason(closest, wish)}` };
  const { unit, what = 'needs' } = quantity;
  const needed = short(quantity.needed(wish, closest));
  const has = short(quantity.free(closest));
  return {
    missing: `${what} ${needed} ${unit}, best free ${has} on ${closest.name}`,
    quantity: { unit, needed, free: has },
  };
}

/** Of candidates that are sorted by name. */
export function refusalsOfAll(
  wish: Wish,
  nodes: readonly Candidate[],
  refused: readonly (readonly [number, number])[],
): Refusals {
  const refusals = new Refusals(
    (index) => nodes[index]!,
    (index) => index,
  );
  for (const [index, by] of refused) refusals.add(by, index, spareOf(filters[by]!, nodes[index]!, wish));
  return refusals;
}
