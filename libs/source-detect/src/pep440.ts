/** A version as numbers; fewer of them stand for every version that begins so. */
export type VersionParts = readonly number[];

/** `3.11` of `v3.11`, `3.11-slim` or `3.11.4rc1`; undefined where the text begins with no number. */
export function versionParts(text: string): VersionParts | undefined {
  const [, numbers] = /^v?(\d+(?:\.\d+)*)/.exec(text) ?? [];
  return numbers?.split('.').map(Number);
}

/** Below 0 where `a` is older; a missing part is 0. */
export function compareVersions(a: VersionParts, b: VersionParts): number {
  const parts = Math.max(a.length, b.length);
  for (let index = 0; index < parts; index += 1) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Whether `version` begins with all parts of `prefix`. */
export const beginsWith = (version: VersionParts, prefix: VersionParts): boolean =>
  prefix.every((part, index) => (version[index] ?? 0) === part);

/** The first version that begins no more with `parts`. */
export const nextOf = (parts: VersionParts): VersionParts => [...parts.slice(0, -1), (parts.at(-1) ?? 0) + 1];

/** Poetry's caret: up to the next change of the first part that is not 0. */
export function caretEnd(parts: VersionParts): VersionParts {
  const first = parts.findIndex((part) => part !== 0);
  return nextOf(first === -1 ? parts : parts.slice(0, first + 1));
}

interface Clause {
  readonly fits: (version: VersionParts) => boolean;
  /** Where its answer changes. */
  readonly edges: readonly VersionParts[];
}

const from = (start: VersionParts, end: VersionParts): Clause => ({
  fits: (version) => compareVersions(version, start) >= 0 && compareVersions(version, end) < 0,
  edges: [start, end],
});

const without = ({ fits, edges }: Clause): Clause => ({ fits: (version) => !fits(version), edges });

const compared = (edge: VersionParts, fits: (difference: number) => boolean): Clause => ({
  fits: (version) => fits(compareVersions(version, edge)),
  edges: [edge],
});

/** By operator: those of PEP 440, and the caret and the tilde of Poetry. */
const OPERATORS: Readonly<Record<string, (parts: VersionParts, isPrefix: boolean) => Clause>> = {
  '': (parts) => from(parts, nextOf(parts)),
  '=': (parts) => from(parts, nextOf(parts)),
  '==': (parts, isPrefix) =>
    isPrefix ? from(parts, nextOf(parts)) : compared(parts, (difference) => difference === 0),
  '===': (parts) => compared(parts, (difference) => difference === 0),
  '!=': (parts, isPrefix) =>
    isPrefix ? without(from(parts, nextOf(parts))) : compared(parts, (difference) => difference !== 0),
  '>=': (parts) => compared(parts, (difference) => difference >= 0),
  '<=': (parts) => compared(parts, (difference) => difference <= 0),
  '>': (parts) => compared(parts, (difference) => difference > 0),
  '<': (parts) => compared(parts, (difference) => difference < 0),
  '~=': (parts) => from(parts, nextOf(parts.slice(0, Math.max(1, parts.length - 1)))),
  '~': (parts) => from(parts, nextOf(parts.slice(0, 2))),
  '^': (parts) => from(parts, caretEnd(parts)),
};

const CLAUSE =
  /^(===|==|!=|>=|<=|~=|=|>|<|~|\^|)\s*v?(\d+(?:\.\d+)*)(\.[*x])?(?:[.-]?(?:a|b|c|rc|alpha|beta|pre|dev|post)[.-]?\d*)*(?:\+[\w.]+)?$/i;

/** One comparison; undefined where nobody can read it. `*` is every version. */
function clauseOf(text: string): Clause | undefined {
  if (text === '*') return { fits: () => true, edges: [] };
  const [, operator, version, star] = CLAUSE.exec(text) ?? [];
  const parts = version?.split('.').map(Number);
  if (operator === undefined || parts === undefined) return undefined;
  return OPERATORS[operator]?.(parts, star !== undefined);
}

/** Clauses are separated by commas, or by blanks, as Poetry allows; an operator may stand apart from its version. */
const clauseTexts = (text: string): readonly string[] =>
  text
    .replace(/([=<>~!^])\s+/g, '$1')
    .split(/[\s,]+/)
    .filter((clause) => clause !== '');

/** Its alternatives, each a list of clauses; undefined where one of them cannot be read. */
function alternativesOf(range: string): readonly (readonly Clause[])[] | undefined {
  const alternatives = range.split(/\|\|?/).map((text) => clauseTexts(text).map(clauseOf));
  const areRead = alternatives.every((clauses) => clauses.every((clause) => clause !== undefined));
  return areRead ? (alternatives as readonly (readonly Clause[])[]) : undefined;
}

/** Whether a range can be read. */
export const isPep440Range = (range: string): boolean => alternativesOf(range) !== undefined;

/**
 * Whether some version that begins with `known` is in the range of PEP 440, or of Poetry. An answer changes only at the
 * edges of clauses, so these, and what comes right after them, are all that must be asked.
 */
export function fitsPep440(known: VersionParts, range: string): boolean {
  const isWhole = known.length >= 3;
  return (alternativesOf(range) ?? []).some((clauses) => {
    const edges = isWhole ? [] : clauses.flatMap((clause) => clause.edges);
    const asked = [known, ...edges.flatMap((edge) => [edge, [...edge, ...justAfter(edge)]])];
    return asked
      .filter((version) => beginsWith(version, known))
      .some((version) => clauses.every((clause) => clause.fits(version)));
  });
}

/** Parts that lead to a version above `edge` and below every other that people write. */
const justAfter = (edge: VersionParts): VersionParts => [
  ...Array<number>(Math.max(0, 3 - edge.length)).fill(0),
  1,
];
