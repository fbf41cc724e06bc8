/** The least of the values, sorted, that is not exceeded by a share of them (nearest rank); 0 of none. */
export function percentile(sorted: ArrayLike<number>, share: number): number {
  return sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
}

export const sortedOf = (values: readonly number[]): Float64Array => Float64Array.from(values).sort();
