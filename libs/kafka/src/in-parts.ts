/** In order, in parts of so many bytes at most; what is larger is a part of its own. */
export function inParts<T extends { readonly bytes: number }>(
  items: readonly T[],
  mostBytes: number,
): readonly (readonly T[])[] {
  const parts: T[][] = [];
  let bytes = Infinity;
  for (const item of items) {
    bytes += item.bytes;
    if (bytes > mostBytes) {
      parts.push([]);
      bytes = item.bytes;
    }
    parts.at(-1)?.push(item);
  }
  return parts;
}
