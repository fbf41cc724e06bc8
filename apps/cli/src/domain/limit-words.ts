/** `0.2:1`: at least and at most. `0.5`: that amount, and no other. */
export type WrittenLimit = { readonly min: number; readonly max: number } | { readonly at: number };

/** Undefined where it is neither. Pure. */
export function writtenLimit(text: string): WrittenLimit | undefined {
  const [, least = '', most] = /^(\d+(?:\.\d+)?)(?::(\d+(?:\.\d+)?))?$/.exec(text) ?? [];
  if (least === '') return undefined;
  if (most === undefined) return { at: Number(least) };
  const bounds = { min: Number(least), max: Number(most) };
  return bounds.min <= bounds.max ? bounds : undefined;
}
