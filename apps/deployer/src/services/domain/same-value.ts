/** A value as a text that does not depend on the order of members: what was stored has its members in another order. */
export const textOf = (value: unknown): string =>
  JSON.stringify(value, (_, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).toSorted(([x], [y]) => (x < y ? -1 : 1)))
      : member,
  );

export const isSameValue = (a: unknown, b: unknown): boolean => a === b || textOf(a) === textOf(b);
