/** The kernel counts up to 2^64; beyond 2^53 the last digits are rounded, which no figure shows. */
const COUNT = /^\d{1,20}$/;

/** A count as the kernel writes it; undefined where it is none. */
export function countOf(text: string | undefined): number | undefined {
  return text !== undefined && COUNT.test(text) ? Number(text) : undefined;
}

/** What stands behind a name and spaces in the only line that begins so; undefined where there is none, or several. */
export function valueOf(lines: readonly string[], name: string): number | undefined {
  const found = lines.filter((line) => line.startsWith(name));
  return found.length === 1 ? countOf(found[0]?.slice(name.length).trim().split(' ')[0]) : undefined;
}
