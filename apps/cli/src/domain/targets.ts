import { slipwayName } from '#libs/contracts';

/** The name that is meant: the word itself, else the one that it is another spelling of. */
export const meantBy = (names: readonly string[], word: string): string | undefined =>
  names.includes(word) ? word : names.find((name) => slipwayName(name) === slipwayName(word));

/** What one `deploy` has to bring: the services asked for, or all that were found. */
export function chooseServices(
  found: readonly string[],
  asked: readonly string[],
): { readonly chosen: readonly string[]; readonly unknown: readonly string[] } {
  const meant = asked.map((word) => ({ word, name: meantBy(found, word) }));
  const unknown = meant.filter(({ name }) => name === undefined).map(({ word }) => word);
  const names = meant.map(({ word, name }) => name ?? word);
  return { chosen: asked.length === 0 ? [...found].sort() : [...new Set(names)], unknown };
}
