/**
 * One step of an exponential moving average, over `seconds` of any length: after a gap the past counts for less, as it
 * would have with figures for each second. The first figure is the average, so nothing jumps at a start.
 * @param alpha how much the newest second counts, above 0 and up to 1
 */
export function smoothed(
  before: number | undefined,
  now: number,
  { seconds, alpha }: { readonly seconds: number; readonly alpha: number },
): number {
  if (before === undefined) return now;
  const weight = 1 - (1 - alpha) ** Math.max(0, seconds);
  return before + weight * (now - before);
}
