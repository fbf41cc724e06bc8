/** So many letters may be wrong, left out, added or swapped. */
const MOST_WRONG = 2;

/** The one of `names` that was meant by a name that is none of them; undefined where nothing is near it. */
export function nearestName(name: string, names: readonly string[]): string | undefined {
  if (names.includes(name)) return undefined;
  const [nearest] = names
    .map((one) => ({ one, wrong: distance(name.slice(0, 64), one) }))
    .filter(({ one, wrong }) => wrong <= MOST_WRONG && wrong <= one.length / 2)
    .sort((a, b) => a.wrong - b.wrong);
  // `healthcheck` for `health`, `envs` for `env`.
  return nearest?.one ?? names.find((one) => one.length > 2 && name.startsWith(one));
}

/** Levenshtein's, row by row. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (let j = 1; j <= b.length; j++) {
      const isSame = letter === b[j - 1];
      const [above = 0, before = 0, left = 0] = [row[j], row[j - 1], next[j - 1]];
      next.push(isSame ? before : 1 + Math.min(above, before, left));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
