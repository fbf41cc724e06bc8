interface Timed {
  /** RFC 3339 in UTC. */
  readonly at: string;
}

/** Lists that are each in order, as one in the order of time. What one list has first stays first: clocks differ. */
export function mergeByTime<T extends Timed>(lists: readonly (readonly T[])[]): T[] {
  const open = lists.map((list) => [...list].reverse());
  const merged: T[] = [];
  for (;;) {
    const [first] = open
      .filter((list) => list.length > 0)
      .sort((a, b) => Date.parse(a.at(-1)?.at ?? '') - Date.parse(b.at(-1)?.at ?? ''));
    const next = first?.pop();
    if (next === undefined) return merged;
    merged.push(next);
  }
}
