/** How busy an instance is that was measured for long enough: low, medium or high utilisation. */
export type Utilisation = 'LU' | 'MU' | 'HU';

/** As in RustyBalancer: from these scores on. */
const FROM = { LU: 70, MU: 40 } as const;
/** A state is left only this far beyond its threshold, so that a score that trembles there changes nothing. */
const MARGIN = 5;

/** @param before undefined where there was none */
export function nextUtilisation(before: Utilisation | undefined, overall: number): Utilisation {
  const low = before === 'LU' ? FROM.LU - MARGIN : FROM.LU;
  const medium = before === 'HU' ? FROM.MU + MARGIN : FROM.MU;
  if (overall >= low) return 'LU';
  return overall >= medium ? 'MU' : 'HU';
}
